"""The database value for value: raw rows, foreign keys and schema, from a private copy.

The tables of the full-text search are left out, since they follow from the sessions; `soundness` looks at them.
"""

from __future__ import annotations

from harness.home import Home
from harness.sqlite_copy import files_of, value_for_value
from harness.stored import Stored
from harness.systems.ait42.oracle.database import PLACE, once_for_each_content, opened, place, table_names

_DERIVED = {"sessions": frozenset({"instance_count", "message_count"})}


@once_for_each_content
def read_stored(home: Home) -> Stored:
    """Returns what the database stores; no tables where there is none.

    Raises:
        TargetUnreadableError: there is one, but it cannot be read.
    """
    files = files_of(home, PLACE)
    if place(home) is None:
        return Stored(files=files)
    with opened(home) as connection:
        return value_for_value(connection, table_names(connection), files=files, derived=_DERIVED)
