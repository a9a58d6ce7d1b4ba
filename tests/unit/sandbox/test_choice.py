from __future__ import annotations

from typing import Any

import pytest

from harness.home import Home
from harness.sandbox import bubblewrap, namespaces
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import choose, weaker
from harness.sandbox.inside import fence


@pytest.fixture(autouse=True)
def nothing_was_tried_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.sandbox.choose._worked", set())


def refuse(**_: Any) -> Any:
    raise SandboxError("not here")


def break_down(**_: Any) -> Any:
    raise ZeroDivisionError


def test_the_next_level_is_taken_when_one_refuses_or_breaks_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "open_session", refuse)
    monkeypatch.setattr(namespaces, "open_session", break_down)
    choice = choose("embedded")
    assert choice.level == "bare"
    assert choice.refused == (("bubblewrap", "not here"), ("namespaces", "ZeroDivisionError()"))
    assert "unsandboxed" in choice.weaker


def test_a_level_wanted_by_name_is_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "open_session", refuse)
    with pytest.raises(SandboxError, match="bubblewrap: not here"):
        choose("bubblewrap")


def test_no_bwrap_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxError, match="bwrap is not installed"):
        choose("bubblewrap")


def test_every_level_but_the_container_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert weaker("container") == ""
    assert "control groups" in weaker("bubblewrap")
    assert "control groups" in weaker("namespaces")
    monkeypatch.setattr(fence, "available", lambda: True)
    assert "Landlock" in weaker("bare")
    monkeypatch.setattr(fence, "available", lambda: False)
    assert "the network and other processes are open" in weaker("bare")


def test_a_bare_process_works_without_a_fence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fence, "available", lambda: False)
    with choose("bare").open() as session:
        session.lay_out(Home.empty(session.root_for()))
        assert session.run(["python3", "-c", ""], timeout=20).status == 0
