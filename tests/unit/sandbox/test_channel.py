from __future__ import annotations

import sys

import pytest

from harness.sandbox.channel import Channel, ProcessWire, RefusedError, SandboxError


def channel_to(program: str) -> Channel:
    return Channel(ProcessWire([sys.executable, "-c", program], {}))


def failing(program: str, expected: str, patience: float = 10) -> None:
    channel = channel_to(program)
    try:
        with pytest.raises(SandboxError, match=expected) as caught:
            channel.ask("hello", patience=patience)
        assert not isinstance(caught.value, RefusedError)
    finally:
        channel.close()


def test_a_runner_that_died_is_an_error_with_its_last_words() -> None:
    failing("import sys; sys.exit('last words')", "failed at 'hello': last words")


def test_a_silent_runner_is_an_error_after_the_time_it_was_given() -> None:
    failing("import sys; sys.stdin.readline(); sys.stdin.read()", "did not answer 'hello'", patience=0.3)


@pytest.mark.parametrize("reply", ["not json", "[]", '{"bytes": -1}', '{"bytes": 9999999999}', '{"no": 1}'])
def test_a_reply_that_breaks_the_protocol_is_an_error(reply: str) -> None:
    failing(
        f"import sys; sys.stdin.readline(); print({reply!r}, flush=True)",
        "failed at 'hello'",
    )


def test_a_reply_cut_short_is_an_error() -> None:
    failing("import sys; sys.stdin.readline(); print('{\"bytes\": 5}\\nab')", "failed at 'hello'")


def test_a_refusal_is_told_apart_and_the_conversation_goes_on() -> None:
    channel = channel_to(
        'import sys\nfor line in sys.stdin: print(\'{"bytes": 0, "refused": "no"}\', flush=True)'
    )
    for _ in range(2):
        with pytest.raises(RefusedError, match=r"^no$"):
            channel.ask("hello")
    channel.close()


def test_a_program_that_cannot_be_started_is_an_error() -> None:
    with pytest.raises(SandboxError, match="/no/such/program: cannot be started"):
        ProcessWire(["/no/such/program"], {})
