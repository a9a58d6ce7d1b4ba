"""Questions that version 4 is there to answer: a JSON object a line on stdin, an answer a line on stdout.

Everything is read from a private copy; nothing on disk changes.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, TextIO

from migrator.outcome import Refusal
from migrator.session_buddy import ddl

if TYPE_CHECKING:
    from migrator.session_buddy import Skills

Answer = dict[str, Any]


def run(system: "Skills", requests: TextIO, answers: TextIO) -> None:
    """Every request is answered, until there are no more. Raises Refusal when there is no version 4 to ask."""
    system.nothing()
    system.guard()
    with system.database.seen() as db:
        if not system.examined(db).complete:
            raise Refusal("V4_MISSING", f"{system.database.path} is not at version 4; migrate it first.")
        for line in requests:
            if line.strip():
                answers.write(json.dumps(_answer(db, line, system.as_of)) + "\n")
                answers.flush()


def _answer(db: Connection, line: str, as_of: datetime) -> Answer:
    try:
        request = json.loads(line)
        answered = OPERATIONS[request.pop("op")](db, as_of, **request)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return {"ok": False, "error": "BAD_REQUEST", "message": f"{type(error).__name__}: {error}"}
    return {"ok": True, **answered}


def _views(db: Connection, _: datetime) -> Answer:
    found = {}
    for name in ddl.VIEWS:
        begin = time.perf_counter()
        rows = len(db.execute(f"SELECT * FROM {name}").fetchall())
        found[name] = {"rows": rows, "ms": round((time.perf_counter() - begin) * 1000, 3)}
    return {"views": found}


OPERATIONS: dict[str, Callable[..., Answer]] = {"views": _views}
