"""Where the skills database lies. Upstream's guide and its code name two places; the caller may name any."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Mapping
from typing import NamedTuple

from migrator import files
from migrator.database import of_one_name
from migrator.outcome import Refusal

# PHASE4_DEPLOYMENT_CHECKLIST.md and scripts/deploy_phase4.sh; then what the code has, in the folder where it is started.
DEFAULTS = (".claude/data/session_buddy.db", ".session-buddy/skills.db")
MAGIC, SMALLEST = b"SQLite format 3\0", 100  # https://www.sqlite.org/fileformat.html, the database header


class Places(NamedTuple):
    """Absolute paths, `database` free of links; `obstacle` says why there is none that could be migrated."""

    home: str
    database: str
    state: str
    obstacle: Refusal | None

    @property
    def shown(self) -> str:
        """The database's path, relative to the home when it is inside."""
        return self.database.removeprefix(os.path.realpath(self.home).rstrip("/") + "/")


def places(
    home: str, given: str | None, environ: Mapping[str, str], worked_on: Callable[[str, str], bool]
) -> Places:
    """The paths of one home; `given` is what the caller says of the database.

    Of two databases it is the one that was `worked_on`, as that folder of ours says, so that a rollback finds it.
    """
    home = os.path.abspath(home)
    state = environ.get("XDG_STATE_HOME") or os.path.join(home, ".local/state")
    state = os.path.join(os.path.abspath(state), "migrator", "session-buddy")
    found, obstacle = _given(home, given) if given else _default(home)
    return Places(home, next((path for path in found if worked_on(state, path)), found[0]), state, obstacle)


def _given(home: str, given: str) -> tuple[list[str], Refusal | None]:
    path = home + given[1:] if given == "~" or given.startswith("~/") else given
    database = os.path.realpath(path)
    if os.path.lexists(database):
        return [database], None
    return [database], Refusal("DB_MISSING", f"There is no database {path}; nothing was made.")


def _default(home: str) -> tuple[list[str], Refusal | None]:
    named = [os.path.join(home, *name.split("/")) for name in DEFAULTS]
    # A link that leads out of the home counts, whatever is at its end: that is not for us to look at.
    there = [os.path.realpath(path) for path in named if os.path.exists(path) or not files.inside(path, home)]
    if not there:
        message = f"There is no skills database: neither {' nor '.join(named)}. Name it with --database."
        return [os.path.realpath(path) for path in named], Refusal("DB_MISSING", message)
    if len(there) > 1:
        message = f"There are two skills databases, {' and '.join(named)}. Name one with --database."
        return there, Refusal("DB_AMBIGUOUS", message)
    if not files.inside(there[0], home):
        message = f"The skills database lies outside the home, in {there[0]}. Name it with --database if it is meant."
        return there, Refusal("PATH_ESCAPES", message)
    return there, None


def check(path: str) -> None:
    """The file is a database that this user may write, as far as can be told from outside. Raises Refusal."""
    folder = os.path.dirname(path)
    if not os.path.isfile(path):
        raise Refusal("NOT_A_DATABASE", f"{path} is not a regular file.")
    of_one_name(path)
    if not os.access(folder, os.W_OK | os.X_OK) or not os.access(path, os.R_OK | os.W_OK):
        raise Refusal("NO_ACCESS", f"{path} or its folder is not writable for this user.")
    with open(files.open_regular(path), "rb") as stream:
        begin = stream.read(SMALLEST)
    if not begin:
        raise Refusal("NOT_SKILLS_DATABASE", f"{path} is empty; it is no skills database.")
    if len(begin) < SMALLEST or not begin.startswith(MAGIC):
        raise Refusal("NOT_A_DATABASE", f"{path} is no SQLite database.")
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as tried:
            tried.execute("CREATE VIRTUAL TABLE tried USING fts5(text)")
            tried.execute("SELECT json_set('{}', '$.a', 1)")
    except sqlite3.OperationalError as error:
        message = f"This Python's SQLite lacks what the database needs: {error}."
        raise Refusal("SQLITE_UNAVAILABLE", message) from error
