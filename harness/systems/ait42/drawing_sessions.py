"""The sessions of one file from one random source; numbers come from `Random.random` by multiplication, which is quick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from msgspec.structs import replace

from harness.amounts import share, span
from harness.pools import Pools
from harness.systems.ait42 import naming
from harness.systems.ait42.model import RUNTIMES, Instance, Message, Session, Shape

T = TypeVar("T")
_DAY_MS = 86_400_000
_TYPES = ("competition", "competition", "ensemble", "integration")
_MODELS = (None, "sonnet", "haiku", "opus", "claude-sonnet-4-5-20250929")
_TERMINAL = "\x1b[32m✓\x1b[0m 12 passed\r\n\x1b[1m作業完了\x1b[0m\n"
_TERMINALS = tuple(_TERMINAL * times for times in range(20))
_STATUSES = ("idle", "running", "completed", "failed", "paused")
_ROLES, _SUFFIXES = ("user", "assistant", "system"), ("", "-response", "-system")


def pick(source: Random, values: Sequence[T]) -> T:
    """Returns one of the values."""
    return values[int(source.random() * len(values))]


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the elements of one session file, one after the other."""

    source: Random
    texts: Pools
    shape: Shape
    clock_ms: int

    def elements(self) -> tuple[Session, ...]:
        """Returns the next session: a debate, or one with instances and chat; with its twin where it was made twice."""
        if self._chance(self.shape.debates, 0.5):
            return (self.debate(),)
        session = self._session()
        return (session, _twin(session)) if self._chance(self.shape.twins) else (session,)

    def debate(self) -> Session:
        """Returns what the debate runner leaves: fixed text, no instances, no chat, the round as status."""
        began = self._moment()
        done = self.source.random() < 0.5
        return Session(
            id=naming.uuid(self.source.getrandbits(128)),
            type="debate",
            task="Debate in progress",
            status="completed" if done else f"round_{1 + int(self.source.random() * 3)}",
            created_at=naming.rust_time(began * 1_000_000 + int(self.source.random() * 1_000_000)),
            updated_at=naming.rust_time((began + 60_000) * 1_000_000 + int(self.source.random() * 1_000_000)),
            completed_at=naming.rust_time((began + 60_000) * 1_000_000) if done else None,
            files_changed=0,
            lines_added=0,
            lines_deleted=0,
        )

    def _session(self) -> Session:
        chance, began = self.source.random, self._moment()
        identity = naming.uuid(self.source.getrandbits(128))
        ended = began + 60_000 + int(chance() * 5_000_000)
        status = pick(self.source, ("running", "completed", "completed", "failed", "paused"))
        first = 1 if chance() < 0.7 else 0
        count = self._between(self.shape.instances)
        winner = first + int(chance() * count) if count and status == "completed" and chance() < 0.7 else None
        mix = tuple(pick(self.source, RUNTIMES) for _ in range(count)) if chance() < 0.6 else None
        instances = tuple(
            self._instance(identity, first + place, None if mix is None else mix[place], winner)
            for place in range(count)
        )
        return Session(
            id=identity,
            type=pick(self.source, _TYPES),
            task=pick(self.source, self.texts.paragraphs),
            status=status,
            created_at=naming.javascript_time(began),
            updated_at=self._either(ended),
            completed_at=naming.javascript_time(ended) if status in {"completed", "failed"} else None,
            instances=instances,
            chat=tuple(self._chat(identity, began, instances)),
            model=pick(self.source, _MODELS),
            timeout=pick(self.source, (None, 600, 3_600)),
            preserve=pick(self.source, (None, True, False)),
            winner=winner,
            runtime_mix=mix,
            files_changed=int(chance() * 40) if chance() < 0.3 else None,
            lines_added=int(chance() * 4_000) if chance() < 0.3 else None,
            lines_deleted=int(chance() * 900) if chance() < 0.3 else None,
        )

    def _instance(self, session: str, number: int, runtime: str | None, winner: int | None) -> Instance:
        chance, stem = self.source.random, session[:8]
        loser = winner is not None and number != winner
        status = "archived" if loser else _STATUSES[int(chance() * len(_STATUSES))]
        return Instance(
            number=number,
            worktree=naming.worktree(session, number),
            branch=f"competition/{stem}/instance-{number}",
            agent=naming.AGENTS[int(chance() * len(naming.AGENTS))],
            status=status,
            tmux=f"ait42-comp-{stem}-{number}",
            output=_TERMINALS[int(chance() * len(_TERMINALS))] if chance() < 0.3 else None,
            started=self._either(self._moment()) if chance() < 0.7 else None,
            files_changed=int(chance() * 20) if chance() < 0.3 else None,
            runtime=runtime,
            model=None if runtime is None else _MODELS[int(chance() * len(_MODELS))],
            runtime_label=None if runtime is None else runtime.title(),
        )

    def _chat(self, session: str, began: int, instances: tuple[Instance, ...]) -> Iterator[Message]:
        """Yields the messages of a session; they are most of what is drawn, so little is called for each."""
        chance, texts, either = self.source.random, self.texts.paragraphs, self._either
        long, numbers = share(self.shape.long), [instance.number for instance in instances]
        amount, count, end = self._between(self.shape.messages), len(numbers), str(int(session[:6], 16))
        for place in range(amount):
            at = began + place * 7_919 + int(chance() * 1_000)
            is_long = chance() < long
            text = texts[int(chance() * len(texts))]
            yield Message(
                f"msg-{at}{end}{_SUFFIXES[int(chance() * 3)]}",
                _ROLES[place % 3],
                _TERMINAL + text * (1 + 12_000 // len(text)) if is_long else text,
                either(at),
                numbers[int(chance() * count)] if count and chance() < 0.5 else None,
            )

    def _moment(self) -> int:
        return self.clock_ms - int(self.source.random() * 30 * _DAY_MS) - 10_000_000

    def _either(self, milliseconds: int) -> str:
        """Returns an instant as one of the two writers of the file would write it."""
        if self.source.random() < 0.5:
            return naming.javascript_time(milliseconds)
        return naming.rust_time(milliseconds * 1_000_000 + int(self.source.random() * 1_000_000))

    def _chance(self, text: str, factor: float = 1.0) -> bool:
        return self.source.random() < share(text) * (factor if text == "some" else 1.0)

    def _between(self, text: int | str) -> int:
        low, high = span(text)
        return low + int(self.source.random() * (high - low + 1))


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
