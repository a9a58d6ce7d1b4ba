"""A *talk* is what clients of a store were asked and answered in one step: the record by which the store is judged.

An answer is definite: done, or not done and nothing changed.  A request without an answer is indefinite: it may have
been done, wholly, or not at all.  A request that broke off in the middle was never made.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

BlowKind = Literal["", "random", "cut"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of one client and its answer, parsed; text where that is no JSON, None where there was none.

    Times are seconds since the step began.  `cut` requests were not sent whole.  For `waited` seconds until the answer
    the client was ready to run, and the machine was busy with others.
    """

    client: int
    sent: float
    request: Mapping[str, Any]
    answered: float | None = None
    reply: Any = None
    cut: bool = False
    waited: float = 0.0

    @property
    def until(self) -> float:
        """When it was over at the latest; without an answer that is never."""
        return math.inf if self.answered is None else self.answered

    def told(self) -> str:
        """Returns the exchange in words."""
        return f"client {self.client}: {dict(self.request)} -> {'no answer' if self.answered is None else self.reply}"


@dataclass(frozen=True, slots=True)
class Talk:
    """The exchanges in the order in which they were sent, and each client's exit status; None for no end, below zero a signal.

    `blow` says what was to befall one of the clients: ``random`` SIGKILL, ``cut`` the end of its input; `landed`
    whether it did.
    """

    exchanges: tuple[Exchange, ...]
    statuses: tuple[int | None, ...]
    blow: BlowKind = ""
    landed: bool = False

    @property
    def killed(self) -> bool:
        """Tells whether a client was killed."""
        return self.landed and self.blow == "random"

    @property
    def left_to_itself(self) -> bool:
        """Tells whether any client came to an end of its own."""
        return not self.killed or len(self.statuses) > 1

    def made(self) -> Iterator[Exchange]:
        """Yields the requests that were really made."""
        return (one for one in self.exchanges if not one.cut)


def as_data(talk: Talk) -> dict[str, Any]:
    """Returns what is kept of a talk on disk."""
    rows = [
        [one.client, one.sent, one.answered, one.cut, dict(one.request), one.reply, one.waited]
        for one in talk.exchanges
    ]
    return {"exchanges": rows, "statuses": list(talk.statuses), "blow": talk.blow, "landed": talk.landed}


def of_data(data: Mapping[str, Any]) -> Talk:
    """Returns the talk that `as_data` told; raises KeyError, TypeError or ValueError for anything else."""
    exchanges = tuple(
        Exchange(
            client, sent, request, answered, reply, cut, *waited
        )  # which the first releases did not keep
        for client, sent, answered, cut, request, reply, *waited in data["exchanges"]
    )
    return Talk(exchanges, tuple(data["statuses"]), data["blow"], data["landed"])
