"""Sessions as the bytes of their file, as serde's pretty printer writes them: every key, in order, absent as null.

Two spaces, nothing escaped that need not be, no line feed at the end; `msgspec.json.format` gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import overload

import msgspec
from msgspec.structs import replace

from harness.systems.ait42.model import Session

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(tuple[Session, ...]).decode


class Drawn(Sequence[Session]):
    """The elements of one file, made when they are asked for: a large home is written without a value of them."""

    def __init__(self, elements: Callable[[str], Iterable[str]]) -> None:
        """Takes what makes the elements, each time the same, in the form of `element`.

        It is called with the path of the workspace in the form of `text`, without quotes.
        """
        self._elements = elements

    def content(self, workspace: str) -> bytes:
        """Returns the bytes of the file; `workspace` is as in `document`."""
        path = text(workspace)[1:-1]
        made = [element.encode("latin-1") for element in self._elements(path)]
        if not made:
            return b"[]"
        made[0] = b"[\n" + made[0]
        made[-1] += b"\n]"
        return b",\n".join(made)

    @cached_property
    def _sessions(self) -> tuple[Session, ...]:
        return _read(self.content("{workspace}"))

    @overload
    def __getitem__(self, place: int) -> Session: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Session, ...]: ...
    def __getitem__(self, place: int | slice) -> Session | tuple[Session, ...]:
        return self._sessions[place]

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._sessions)

    def __eq__(self, other: object) -> bool:
        return self._sessions == tuple(other) if isinstance(other, (Drawn, tuple)) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._sessions)

    def __repr__(self) -> str:
        return repr(self._sessions)


def document(sessions: Sequence[Session], workspace: str) -> bytes:
    """Returns the bytes of a session file; `workspace` is the absolute path that worktrees lie below."""
    if isinstance(sessions, Drawn):
        return sessions.content(workspace)
    return msgspec.json.format(_encode([_placed(session, workspace) for session in sessions]), indent=2)


def text(value: str) -> str:
    """Returns a value as JSON, its UTF-8 bytes held as Latin-1 text: such texts are joined without being widened."""
    return _encode(value).decode("latin-1")


def element(session: Session) -> str:
    """Returns a session as it stands in the list of a file, held as `text` holds a value."""
    return msgspec.json.format(_encode([session]), indent=2)[2:-2].decode("latin-1")


def session_of(written: str) -> Session:
    """Returns the session that `element` would write so."""
    return msgspec.json.decode(written.encode("latin-1"), type=Session)


def _placed(session: Session, workspace: str) -> Session:
    if not session.instances:
        return session
    instances = [
        replace(instance, worktree=instance.worktree.replace("{workspace}", workspace))
        for instance in session.instances
    ]
    return replace(session, instances=tuple(instances))
