"""A legacy state of any size from one seed: sessions of a few invocations over many days, texts from pools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from harness.amounts import share, span
from harness.pools import Pools, pools
from harness.systems.session_buddy import naming, schema_v4
from harness.systems.session_buddy.model import AS_OF, Invocation, LegacyState, Shape
from harness.systems.session_buddy.strategies import JOURNALS, LAYOUTS, MADE, VERSIONS_4
from harness.systems.session_buddy.writer import EXTRAS

T = TypeVar("T")
_DAY = 86_400.0  # seconds
_LONGEST = 1_800.0  # seconds of one session


def draw(shape: Shape, seed: int) -> LegacyState:
    """Returns the legacy state that the seed stands for; equal in every process, clean whatever `shape.clean` says."""
    source = Random(f"{seed}/session-buddy")  # noqa: S311 - reproducible, not secret
    user = shape.user or _pick(source, naming.USERS)
    made = shape.made or _pick(source, ("manager", *MADE))
    extras = tuple(name for name in sorted(EXTRAS) if source.random() < 0.5)
    part = 1 + int(source.random() * (len(schema_v4.OBJECTS) - 1))
    maker = _Maker(shape, source, pools(), _skills(source, _between(source, shape.skills)))
    began = sorted(maker.moment() for _ in range(_between(source, shape.sessions)))
    invocations = [one for number, at in enumerate(began) for one in maker.session(number, at)]
    return LegacyState(
        user=user,
        invocations=tuple(invocations),
        place=shape.place,
        journal=shape.journal or _pick(source, JOURNALS),
        made=made,
        layout=shape.layout or _pick(source, LAYOUTS),
        version_4=shape.version_4 or _pick(source, VERSIONS_4),
        part=part,
        export=shape.export,
        extras=extras,
    )


def _pick(source: Random, values: Sequence[T]) -> T:
    return values[int(source.random() * len(values))]


def _between(source: Random, text: int | str) -> int:
    low, high = span(text)
    return low + int(source.random() * (high - low + 1))


def _skills(source: Random, count: int) -> tuple[str, ...]:
    """Returns names of skills: known ones in an order of chance, then numbered ones."""
    known = source.sample(naming.SKILLS, len(naming.SKILLS))
    return (*known, *(f"skill-{number}" for number in range(count - len(known))))[:count]


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the invocations of one session after the other."""

    shape: Shape
    source: Random
    texts: Pools
    skills: tuple[str, ...]

    def moment(self) -> datetime:
        """Returns when a session begins."""
        if self.source.random() < share(self.shape.outside):
            away = (31 + self.source.random() * 60) * _DAY if self.source.random() < 0.7 else -_DAY
            return AS_OF - timedelta(seconds=away)
        return AS_OF - timedelta(seconds=self.source.random() * self.shape.days * _DAY)

    def session(self, number: int, began: datetime) -> list[Invocation]:
        """Returns the invocations of a session: all by one writer, of skills that are often used together."""
        naive = self.source.random() < share(self.shape.naive)
        form: Callable[[datetime], str] = (
            naming.local if naive else _pick(self.source, (naming.aware, *naming.FORMS))
        )
        name = (
            f"main-{number}" if self.source.random() < 0.3 else f"session-{self.source.getrandbits(48):012x}"
        )
        first = int(self.source.random() * len(self.skills))
        at, made = began, []
        for _ in range(_between(self.source, self.shape.invocations)):
            near = (first + int(self.source.random() ** 2 * 4)) % len(self.skills)
            made.append(self._invocation(self.skills[near], form(at), name))
            at = min(at + timedelta(seconds=self.source.random() * _LONGEST), max(AS_OF, at))
        return made

    def _invocation(self, skill: str, at: str, session: str) -> Invocation:
        chance = self.source.random
        completed = int(chance() < 0.8)
        return Invocation(
            skill=skill,
            at=at,
            session=session,
            completed=completed,
            duration=round(0.01 + chance() * 200, 3) if completed or chance() < 0.3 else None,
            path=_pick(self.source, (None, *naming.PATHS)),
            query=_pick(self.source, self.texts.titles) if chance() < 0.5 else None,
            alternatives=_pick(self.source, (None, "[]", '["mypy", "ruff-check"]')),
            rank=1 + int(chance() * 5) if chance() < 0.3 else None,
            follow_up=_pick(self.source, (None, *naming.FOLLOW_UPS)),
            error=None if completed else _pick(self.source, naming.ERRORS),
            phase=_pick(self.source, (None, *naming.PHASES)),
            step=f"step-{int(chance() * 9)}" if chance() < 0.2 else None,
            embedding=self.source.getrandbits(16) if chance() < share(self.shape.embeddings) else None,
        )
