from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.sandbox import view


def test_what_is_shown_leaves_out_the_home_and_the_secrets_of_the_machine() -> None:
    shown = view.folders()
    home = str(Path.home())
    assert home not in shown
    for path in ("/", "/etc", "/etc/shadow", "/var", "/run", "/tmp", "/home", "/root"):
        assert path not in shown
    assert "/usr" in shown


def test_a_folder_that_has_the_real_home_in_it_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "/usr" in view.folders()
    monkeypatch.setenv("HOME", "/usr/local/home")
    assert "/usr" not in view.folders()


def test_nothing_is_shown_twice() -> None:
    shown = view.folders()
    assert not [(a, b) for a in shown for b in shown if b.startswith(f"{a}/")]


def test_the_interpreter_of_the_harness_comes_first_on_the_path() -> None:
    assert view.environment()["PATH"].split(":")[0] == str(Path(sys.executable).parent)
