"""Progress: what a person sees on a terminal and in a log, and what a machine reads."""

import io
import json

import pytest

from migrator import progress
from migrator.progress import Say


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds that pass only when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def work(say: Say, clock: Clock, seconds: int) -> None:
    """Ten things a second."""
    with say.step("apply"):
        for _ in say.counted(range(seconds * 10), seconds * 10):
            clock.now += 0.1


def test_a_terminal_has_one_line_that_is_gone_in_the_end(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    work(Say(as_json=False), clock, 30)
    shown = screen.getvalue()
    assert "\n" not in shown
    assert shown.count("\r\x1b[Kapply: ") > 20
    assert shown.endswith("\r\x1b[K")


def test_a_log_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr("sys.stderr", log := io.StringIO())
    work(Say(as_json=False), clock, 30)
    lines = log.getvalue().splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("apply: 2")
    assert lines[0].endswith(" of 300")


def test_what_takes_less_than_two_seconds_says_nothing(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    say = Say(as_json=False)
    work(say, clock, 1)
    work(say, clock, 1)
    assert screen.getvalue() == ""


def test_events_are_lines_of_json_that_say_how_far_a_step_is(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("sys.stdout", lines := io.StringIO())
    work(Say(as_json=True), clock, 3)
    first, *middle, last = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert first == {"event": "step", "step": "apply", "phase": "begin"}
    assert last == {"event": "step", "step": "apply", "phase": "end", "seconds": 3.0}
    assert {event["of"] for event in middle} == {30}
    done = [event["done"] for event in middle]
    assert done == sorted(done)
    assert 4 <= len(done) <= 6


def test_a_terminal_that_is_closed_meanwhile_does_not_stop_the_work(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    say = Say(as_json=False)
    screen.close()
    work(say, clock, 3)
    assert clock.now == pytest.approx(103)


def test_work_in_which_nothing_is_counted_tells_how_long_it_has_taken(
    monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("sys.stderr", log := io.StringIO())
    say = Say(as_json=False)
    with say.step("verify"):
        for _ in range(15):
            clock.now += 1
            say.tick()
    say.tick()
    assert log.getvalue().splitlines() == ["verify: 2 s so far", "verify: 12 s so far"]
