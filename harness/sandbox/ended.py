"""How commands and conversations in a sandbox ended, as values, from what the runner told."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended: with a status, by a signal, or killed because its time was up.

    `report` is what it wrote to ``$MIGRATION_REPORT``, if it did; `litter` are the files and folders that it made
    outside the home, the first hundred of them, and did not remove.  Of stdout and stderr the first and the
    last 512 KiB are kept, and a line between them tells how much was cut.  `changed` is when the home first changed,
    in seconds from the start, where that was watched.  `killed` tells whether the kill that was asked for ended it.
    `strays` are the names of processes that still lived a moment after it had ended by itself.
    `told` is the report of the supervisor, see `harness.supervised`.
    """

    status: int | None
    signal: int | None
    timed_out: bool
    seconds: float
    stdout: bytes
    stderr: bytes
    report: bytes | None
    litter: tuple[str, ...] = ()
    changed: float | None = None
    killed: bool = False
    strays: tuple[str, ...] = ()
    told: bytes = b""


@dataclass(frozen=True, slots=True)
class Line:
    """One request and its answer: when it was sent and answered, in seconds from the start, None and nothing without one.

    With `cut` the client got only the first half of it, and then the end of its input.  For `waited` seconds of the
    time it was ready to run, and the machine was busy with others.
    """

    sent: float
    answered: float | None
    cut: bool
    answer: bytes
    waited: float = 0.0


@dataclass(frozen=True, slots=True)
class Conversed:
    """What clients were asked and answered, for each client a line a request; and how each ended, None for a timeout.

    A status below zero is a signal's.  `landed` tells whether the blow that was asked for has hit its client.
    """

    lines: tuple[tuple[Line, ...], ...]
    statuses: tuple[int | None, ...]
    stderr: tuple[bytes, ...]
    seconds: float
    landed: bool
    litter: tuple[str, ...]
    strays: tuple[str, ...]


def conversed(reply: dict[str, Any], payload: bytes) -> Conversed:
    """Returns a conversation as the runner told it."""
    place, lines = 0, []
    for rows in reply["said"]:
        said = []
        for sent, answered, cut, size, waited in rows:
            said.append(Line(sent, answered, cut, payload[place : place + size], waited))
            place += size
        lines.append(tuple(said))
    errors = []
    for size in reply["sizes"]:
        errors.append(payload[place : place + size])
        place += size
    return Conversed(
        tuple(lines),
        tuple(reply["statuses"]),
        tuple(errors),
        reply["seconds"],
        reply["landed"],
        tuple(reply["litter"]),
        tuple(reply["strays"]),
    )


def ran(reply: dict[str, Any], payload: bytes) -> Ran:
    """Returns a run as the runner told it."""
    status, sizes = reply["status"], reply["sizes"]
    out, err, told = accumulate(sizes[:3])
    return Ran(
        status=status if status is not None and status >= 0 else None,
        signal=-status if status is not None and status < 0 else None,
        timed_out=status is None,
        seconds=reply["seconds"],
        stdout=payload[:out],
        stderr=payload[out:err],
        report=payload[told:] if len(sizes) > 3 else None,
        litter=tuple(reply["litter"]),
        changed=reply["changed"],
        killed=reply["killed"],
        strays=tuple(reply["strays"]),
        told=payload[err:told],
    )
