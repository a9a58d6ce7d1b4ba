"""The rewrite's database value for value: raw rows, foreign keys and schema, from a private copy."""

from __future__ import annotations

from sqlite_utils import Database

from harness.home import Home
from harness.sqlite_copy import files_of, value_for_value
from harness.stored import Stored
from harness.systems.ao.oracle.database import PLACE, asked, once_for_each_content, place


@once_for_each_content
def read_stored(home: Home) -> Stored:
    """Returns what ``.ao/data/ao.db`` stores; no tables where there is no database.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    files = files_of(home, PLACE)

    def answer(database: Database) -> Stored:
        names = [str(name) for name in database.table_names() if not name.startswith("sqlite_")]
        return value_for_value(database.conn, names, files=files)

    return Stored(files=files) if place(home) is None else asked(home, answer)
