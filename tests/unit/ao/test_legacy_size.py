"""Large homes cost little: the generator's rate is a multiple of Faker's, and grows with the number of sessions."""

from __future__ import annotations

import time
from collections.abc import Callable

import faker

from harness.pools import pools
from harness.systems.ao.legacy import draw, write
from harness.systems.ao.model import Shape


def _least(action: Callable[[], object], times: int = 3) -> float:
    """Returns the shortest of some runs, in seconds of this process."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        action()
        seconds.append(time.process_time() - start)
    return min(seconds)


def _made(sessions: int) -> None:
    state = draw(Shape(projects=10, sessions=sessions // 10, user="u"), 1)
    home = write(state, state.root)
    assert sum(path.endswith(".json") and "/sessions/" in path for path in home.entries) == sessions


def _record_of(source: faker.Faker) -> list[object]:
    """Makes what a reference record holds: a task, three outputs and ten messages."""
    outputs = [(source.user_name(), source.file_path(depth=3), source.text(400)) for _ in range(3)]
    messages = [(source.uuid4(), source.paragraph(4), source.iso8601()) for _ in range(10)]
    return [source.uuid4(), source.sentence(12), source.iso8601(), outputs, messages]


def test_drawing_a_session_is_30_times_cheaper_than_a_faker_record() -> None:
    pools()
    source = faker.Faker()
    source.seed_instance(1)
    ours = _least(lambda: draw(Shape(projects=10, sessions=200), 1)) / 2_000
    theirs = _least(lambda: [_record_of(source) for _ in range(100)]) / 100
    assert theirs >= 30 * ours


def test_ten_times_the_sessions_cost_about_ten_times_as_much() -> None:
    pools()
    assert _least(lambda: _made(10_000), 2) <= 20 * _least(lambda: _made(1_000))


def test_pools_are_filled_once_and_hold_several_scripts() -> None:
    assert pools() is pools()
    other = pools(seed=2)
    assert other != pools()
    for texts in (other.titles, other.paragraphs, other.people):
        assert any(text.isascii() for text in texts)
        assert any("\u3040" <= char <= "\u30ff" for text in texts for char in text)
        assert any("\u0400" <= char <= "\u04ff" for text in texts for char in text)
    assert any(ord(char) > 0xFFFF for text in other.titles for char in text)
    assert all(word.isascii() and word.isalpha() and word.islower() for word in other.words)
