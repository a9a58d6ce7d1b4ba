"""The sessions of one file from one random source; numbers come from `Random.random` by multiplication, which is quick.

They are made as the text of their file, as values would double the time that a large home takes; the pools' texts
are encoded once.  `session_text.Drawn` reads the values from the text for whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from msgspec.structs import replace

from harness.amounts import share, span
from harness.systems.ait42 import naming
from harness.systems.ait42.model import RUNTIMES, Session, Shape
from harness.systems.ait42.session_text import element, session_of, text

_DAY_MS = 86_400_000
_MS = 1_000_000  # nanoseconds
_TYPES = ("competition", "competition", "ensemble", "integration")
_MODELS = ("null", '"sonnet"', '"haiku"', '"opus"', '"claude-sonnet-4-5-20250929"')
_TERMINAL = "\x1b[32m✓\x1b[0m 12 passed\r\n\x1b[1m作業完了\x1b[0m\n"
_TERMINALS = tuple(text(_TERMINAL * times) for times in range(20))
_NO_RUNTIME = '"runtime": null,\n        "model": null,\n        "runtimeLabel": null'
_RUNTIMES = {
    name: [
        f'"runtime": "{name}",\n        "model": {model},\n        "runtimeLabel": "{name.title()}"'
        for model in _MODELS
    ]
    for name in RUNTIMES
}
_AGENTS = tuple(map(text, naming.AGENTS))
_STATUSES = ("idle", "running", "completed", "failed", "paused")
_ENDS = ("running", "completed", "completed", "failed", "paused")
_TIMEOUTS, _FLAGS = ("null", "600", "3600"), ("null", "true", "false")
_ROLES, _SUFFIXES = ("user", "assistant", "system"), ("", "-response", "-system")


class Texts:
    """The texts that sessions hold, written as JSON once for a whole state."""

    def __init__(self, paragraphs: Sequence[str]) -> None:
        self.paragraphs = paragraphs
        self.written = [text(paragraph) for paragraph in paragraphs]

    def long(self, number: int) -> str:
        """Returns a text of more than 10,000 characters that repeats one of the paragraphs."""
        paragraph = self.paragraphs[number]
        return text(_TERMINAL + paragraph * (1 + 12_000 // len(paragraph)))


class Maker:
    """Makes the elements of one session file, one after the other."""

    def __init__(self, source: Random, texts: Texts, shape: Shape, clock_ms: int, workspace: str) -> None:
        """Takes what stands for the workspace in worktrees as `session_text.text` makes it, without quotes."""
        self._source, self._random, self._texts = source, source.random, texts
        self._instances, self._messages = span(shape.instances), span(shape.messages)
        self._debates = share(shape.debates) * (0.5 if shape.debates == "some" else 1.0)
        self._twins, self._long = share(shape.twins), share(shape.long)
        self._latest = clock_ms - 10_000_000
        self._worktrees = f"{workspace}/src-tauri/.worktrees"

    def elements(self) -> tuple[str, ...]:
        """Returns the next session: a debate, or one with instances and chat; with its twin where it was made twice."""
        if self._random() < self._debates:
            return (element(self.debate()),)
        session = self._session()
        return (session,) if self._random() >= self._twins else (session, element(_twin(session_of(session))))

    def debate(self) -> Session:
        """Returns what the debate runner leaves: fixed text, no instances, no chat, the round as status."""
        began = self._moment()
        done = self._random() < 0.5
        return Session(
            id=naming.uuid(self._source.getrandbits(128)),
            type="debate",
            task="Debate in progress",
            status="completed" if done else f"round_{1 + int(self._random() * 3)}",
            created_at=naming.rust_time(began * _MS + int(self._random() * _MS)),
            updated_at=naming.rust_time((began + 60_000) * _MS + int(self._random() * _MS)),
            completed_at=naming.rust_time((began + 60_000) * _MS) if done else None,
            files_changed=0,
            lines_added=0,
            lines_deleted=0,
        )

    def _session(self) -> str:
        chance, began = self._random, self._moment()
        identity = naming.uuid(self._source.getrandbits(128))
        ended = began + 60_000 + int(chance() * 5_000_000)
        status = _ENDS[int(chance() * 5)]
        first = 1 if chance() < 0.7 else 0
        count = self._between(self._instances)
        winner = first + int(chance() * count) if count and status == "completed" and chance() < 0.7 else None
        mix = [RUNTIMES[int(chance() * 3)] for _ in range(count)] if chance() < 0.6 else None
        instances = [
            self._instance(identity, number, runtime, winner)
            for number, runtime in enumerate(mix or [None] * count, first)
        ]
        texts = self._texts.written
        completed = f'"{naming.javascript_time(ended)}"' if status in {"completed", "failed"} else "null"
        return f"""\
  {{
    "id": "{identity}",
    "type": "{_TYPES[int(chance() * 4)]}",
    "task": {texts[int(chance() * len(texts))]},
    "status": "{status}",
    "createdAt": "{naming.javascript_time(began)}",
    "updatedAt": "{self._either(ended)}",
    "completedAt": {completed},
    "instances": {_list(instances)},
    "chatHistory": {_list(self._chat(identity, began, first, count))},
    "model": {_MODELS[int(chance() * 5)]},
    "timeoutSeconds": {_TIMEOUTS[int(chance() * 3)]},
    "preserveWorktrees": {_FLAGS[int(chance() * 3)]},
    "winnerId": {"null" if winner is None else winner},
    "runtimeMix": {"null" if mix is None else _list(f'      "{runtime}"' for runtime in mix)},
    "totalDuration": null,
    "totalFilesChanged": {int(chance() * 40) if chance() < 0.3 else "null"},
    "totalLinesAdded": {int(chance() * 4_000) if chance() < 0.3 else "null"},
    "totalLinesDeleted": {int(chance() * 900) if chance() < 0.3 else "null"}
  }}"""

    def _instance(self, session: str, number: int, runtime: str | None, winner: int | None) -> str:
        chance, tree = self._random, f"{session[:8]}/instance-{number}"
        loser = winner is not None and number != winner
        status = "archived" if loser else _STATUSES[int(chance() * 5)]
        return f"""\
      {{
        "instanceId": {number},
        "worktreePath": "{self._worktrees}/competition-{tree}",
        "branch": "competition/{tree}",
        "agentName": {_AGENTS[int(chance() * 6)]},
        "status": "{status}",
        "tmuxSessionId": "ait42-comp-{session[:8]}-{number}",
        "output": {_TERMINALS[int(chance() * 20)] if chance() < 0.3 else "null"},
        "startTime": {f'"{self._either(self._moment())}"' if chance() < 0.7 else "null"},
        "endTime": null,
        "filesChanged": {int(chance() * 20) if chance() < 0.3 else "null"},
        "linesAdded": null,
        "linesDeleted": null,
        {_NO_RUNTIME if runtime is None else _RUNTIMES[runtime][int(chance() * 5)]}
      }}"""

    def _chat(self, session: str, began: int, first: int, count: int) -> Iterator[str]:
        """Yields the messages of a session; they are most of what is drawn, so little is called for each."""
        chance, texts, two, three = self._random, self._texts.written, naming.TWO, naming.THREE
        long, known, tail = self._long, len(texts), str(int(session[:6], 16))
        amount, end = self._between(self._messages), naming.rust_end
        start, shown = began // 60_000 * 60_000, naming.minute(began // 60_000)
        for place in range(amount):
            at = began + place * 7_919 + int(chance() * 1_000)
            is_long = chance() < long
            content = texts[number := int(chance() * known)]
            suffix = _SUFFIXES[int(chance() * 3)]
            if (rest := at - start) >= 60_000:
                start, rest = start + 60_000, rest - 60_000
                shown = naming.minute(start // 60_000)
            second, milli = two[rest // 1_000], rest % 1_000
            yield f"""\
      {{
        "id": "msg-{at}{tail}{suffix}",
        "role": "{_ROLES[place % 3]}",
        "content": {self._texts.long(number) if is_long else content},
        "timestamp": "{shown}{second}{f".{three[milli]}Z" if chance() < 0.5 else end(milli, int(chance() * _MS))}",
        "instanceId": {first + int(chance() * count) if count and chance() < 0.5 else "null"}
      }}"""

    def _moment(self) -> int:
        return self._latest - int(self._random() * 30 * _DAY_MS)

    def _either(self, milliseconds: int) -> str:
        """Returns an instant as one of the two writers of the file would write it."""
        if self._random() < 0.5:
            return naming.javascript_time(milliseconds)
        return naming.rust_time(milliseconds * _MS + int(self._random() * _MS))

    def _between(self, ends: tuple[int, int]) -> int:
        return ends[0] + int(self._random() * (ends[1] - ends[0] + 1))


def _list(items: Iterable[str]) -> str:
    """Returns items, each indented, as a list that is the value of a session's key."""
    joined = ",\n".join(items)
    return f"[\n{joined}\n    ]" if joined else "[]"


def _twin(session: Session) -> Session:
    """Returns the second element of a session that was made twice: invented paths, ids from 0, for ever running."""
    instances = tuple(
        replace(
            instance,
            number=place,
            worktree=naming.invented_worktree(session.id, place),
            status="running",
            output=None,
        )
        for place, instance in enumerate(session.instances)
    )
    return replace(
        session,
        status="running",
        updated_at=session.created_at,
        completed_at=None,
        instances=instances,
        chat=(),
        winner=None,
    )
