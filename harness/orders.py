"""Is there an *order* of requests that explains their answers?  The search behind the claims about a store.

Requests of clients that work side by side overlap in time.  An order is possible where no request comes before one
that was answered before it was made; one without an answer may come at any later time, or not at all (linearizability,
subject by subject, after Wing and Gong).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.dialogue import State
from harness.records import digest_of_record
from harness.talk import Exchange

Apply = Callable[[Exchange, State], Sequence[State]]
"""Returns the states in which a request leaves a subject, none where its answer cannot be had in that state."""
_MOST = 200_000  # steps of a search; beyond it the question stays open


class TooManyError(Exception):
    """The requests overlap so much that the search was given up."""


@dataclass(frozen=True, slots=True)
class Found:
    """What all possible orders come to: the states in which they end.

    Where there is none, `stuck` are the requests that no order could get past, at the farthest.
    """

    ends: tuple[State, ...]
    stuck: tuple[Exchange, ...] = ()


def orders(
    starts: Sequence[State], exchanges: Sequence[Exchange], needed: Callable[[Exchange], bool], apply: Apply
) -> Found:
    """Returns where the requests can lead from one of the starts; those that are not `needed` may be left out.

    Raises:
        TooManyError: there are too many orders to try.
    """
    whole = sum(1 << place for place, one in enumerate(exchanges) if needed(one))
    ends: dict[bytes, State] = {}
    seen: set[tuple[int, bytes]] = set()
    todo = [(0, state) for state in starts]
    farthest, stuck = -1, tuple[Exchange, ...]()
    while todo:
        done, state = todo.pop()
        mark = (done, _mark(state))
        if mark in seen:
            continue
        seen.add(mark)
        if len(seen) > _MOST:
            raise TooManyError(f"{len(exchanges)} requests have too many possible orders")
        if done & whole == whole:
            ends[mark[1]] = state
        ready = _ready(exchanges, done, needed)
        tried = [(place, exchanges[place]) for place in ready]
        if (done & whole).bit_count() > farthest:
            farthest, stuck = (done & whole).bit_count(), tuple(one for _, one in tried if needed(one))
        for place, one in tried:
            todo += [(done | 1 << place, after) for after in apply(one, state)]
    return Found(tuple(ends.values()), () if ends else stuck)


def _ready(exchanges: Sequence[Exchange], done: int, needed: Callable[[Exchange], bool]) -> list[int]:
    """Returns the places of those that may come next: made before any that is left and must come was answered."""
    left = [place for place in range(len(exchanges)) if not done >> place & 1]
    first = min((exchanges[place].until for place in left if needed(exchanges[place])), default=float("inf"))
    return [place for place in left if exchanges[place].sent <= first]


def _mark(state: State) -> bytes:
    return b"" if state is None else digest_of_record(state)
