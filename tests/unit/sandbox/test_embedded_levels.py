"""The battery at every level that needs no container engine, and what ends with the harness."""

from __future__ import annotations

import uuid

from battery import *  # noqa: F403 - the tests are collected here, with this folder's session
from dying import Harness, vanished

from harness.sandbox.choose import Choice


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
