"""A legacy state of any size from one seed: texts from pools, one random source for each session file.

The source of a file depends on the seed and the workspace's number alone, so that no file changes when another is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from harness.amounts import share, span
from harness.pools import Pools, pools
from harness.systems.ait42 import naming
from harness.systems.ait42.drawing_sessions import Maker, Texts
from harness.systems.ait42.model import (
    LEGACY,
    LegacyState,
    Mapping,
    Shape,
    Spelling,
    TargetState,
    Workspace,
)
from harness.systems.ait42.session_text import Drawn
from harness.systems.ait42.writer import EXTRAS

T = TypeVar("T")
_CLOCK_MS = 1_765_540_800_000  # 2025-12-12T12:00:00Z
_DAY_MS = 86_400_000
_FOLDERS = ("", "-app", "_svc", ".io", " site", "プロジェクト")


def draw(shape: Shape, seed: int) -> LegacyState:
    """Returns the legacy state that the seed stands for; equal in every process, clean whatever `shape.clean` says."""
    source = Random(f"{seed}/{LEGACY}")  # noqa: S311 - reproducible, not secret
    texts, clock_ms = pools(), _CLOCK_MS + int(source.random() * 14 * _DAY_MS)
    frame = _Frame(shape, seed, texts, Texts(texts.paragraphs), clock_ms)
    workspaces = tuple(frame.workspace(number) for number in range(_between(source, shape.workspaces)))
    older = frame.sessions("older", 2) if source.random() < 0.2 else None
    return LegacyState(
        user=shape.user or _pick(source, naming.USERS),
        workspaces=workspaces,
        older=older,
        extras=tuple(name for name in EXTRAS if source.random() < 0.5),
        target=TargetState(shape.target, shape.journal),
        clock_ns=frame.clock_ms * 1_000_000,
    )


def _pick(source: Random, values: Sequence[T]) -> T:
    return values[int(source.random() * len(values))]


def _between(source: Random, text: int | str) -> int:
    low, high = span(text)
    return low + int(source.random() * (high - low + 1))


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all workspaces of one state share."""

    shape: Shape
    seed: int
    texts: Pools
    written: Texts
    clock_ms: int

    def workspace(self, number: int) -> Workspace:
        """Returns a workspace with a path of its own."""
        source = Random(f"{self.seed}/{LEGACY}/{number}")  # noqa: S311 - as above
        word = _pick(source, self.texts.words)
        mapped = source.random() < share(self.shape.mapped)
        otherwise: Mapping = "wrong" if self.shape.wrong_mapping else "none"
        split = source.random() < share(self.shape.split)
        spelling: Spelling = _pick(source, ("slash", "link")) if split else ""
        workspace = Workspace(
            path=f"code/{word}{number}{_pick(source, _FOLDERS)}",
            sessions=self.sessions(f"{number}/sessions", _between(source, self.shape.sessions)),
            exists=source.random() < 0.8,
            mapping="right" if mapped else otherwise,
            spelling=spelling,
        )
        maker = self.maker(f"{number}/debates")
        return replace(workspace, debates=(maker.debate(),)) if spelling else workspace

    def sessions(self, place: str, count: int) -> Drawn:
        """Returns the elements of one file, twins included."""

        def elements(workspace: str) -> Iterator[str]:
            maker = self.maker(place, workspace)
            for _ in range(count):
                yield from maker.elements()

        return Drawn(elements)

    def maker(self, place: str, workspace: str = "{workspace}") -> Maker:
        """Returns the maker of the sessions of one file."""
        source = Random(f"{self.seed}/{LEGACY}/{place}")  # noqa: S311 - as above
        return Maker(source, self.written, self.shape, self.clock_ms, workspace)
