"""What may be going on in a home while a migrator runs: a daemon that lives, a database that is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Process:
    """A living process, and a file in the home that names it: ``{pid}`` in the text becomes its id."""

    file: str
    text: str = "{pid}\n"


@dataclass(frozen=True, slots=True)
class Database:
    """A process with an SQLite database open, in the journal mode that the file has.

    It has read once and is idle, or has an open read transaction, or an open ``BEGIN IMMEDIATE``.
    """

    path: str
    mode: Literal["idle", "read", "write"] = "idle"


Holder = Process | Database


def request_of(holder: Holder) -> dict[str, Any]:
    """Returns what the resident runner is asked to hold."""
    if isinstance(holder, Process):
        return {"kind": "process", "path": holder.file, "text": holder.text}
    return {"kind": "database", "path": holder.path, "mode": holder.mode}
