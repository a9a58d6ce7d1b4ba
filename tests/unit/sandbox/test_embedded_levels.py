"""The battery at every level that needs no container engine, and what ends with the harness."""

from __future__ import annotations

import tempfile
import uuid

from battery import *  # noqa: F403 - the tests are collected here, with this folder's session
from dying import Harness, vanished

from harness.sandbox.choose import Choice, choose


def test_everything_ends_when_the_harness_is_killed(choice: Choice) -> None:
    mark = uuid.uuid4().hex
    with Harness(choice.level, None, mark) as harness:
        harness.kill()
        assert vanished(mark, seconds=10)


def test_a_session_that_is_closed_leaves_no_process(choice: Choice) -> None:
    mark = uuid.uuid4().hex
    with choice.open() as session:
        session.lay_out(Home.empty(session.root_for()))  # noqa: F405
        session.hold(Process("pid"))  # noqa: F405
        session.run(
            ["python3", "-c", f"import os, time\nif os.fork() == 0: time.sleep(600)  # {mark}"], timeout=20
        )
    assert vanished(mark, seconds=0)


def test_a_bare_process_can_read_but_not_change_files_elsewhere() -> None:
    if not fence.available():  # noqa: F405
        pytest.skip("this kernel lacks Landlock")  # noqa: F405
    with tempfile.TemporaryDirectory(
        dir="/var/tmp"
    ) as elsewhere:  # not in /dev/shm, which everybody may write
        assert _attempts_on(Path(elsewhere) / "file") == ["kept", *["PermissionError"] * 5]  # noqa: F405


def _attempts_on(theirs: Path) -> list[str]:  # noqa: F405
    theirs.write_text("kept", encoding="utf-8")
    attempts = f"""
        import json, os
        def attempt(action):
            try:
                return str(action())
            except OSError as error:
                return type(error).__name__
        file = {str(theirs)!r}
        print(json.dumps([
            attempt(lambda: open(file).read()),
            attempt(lambda: open(file, "a")),
            attempt(lambda: os.truncate(file, 0)),
            attempt(lambda: os.unlink(file)),
            attempt(lambda: os.rename(file, file + "3")),
            attempt(lambda: os.symlink("x", file + "2")),
        ]))
    """
    with choose("bare").open() as session:
        session.lay_out(Home.empty(session.root_for()))  # noqa: F405
        seen: list[str] = python(session, attempts)  # noqa: F405
    assert theirs.read_text(encoding="utf-8") == "kept"
    return seen
