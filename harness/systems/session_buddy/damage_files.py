"""Damage to the file of the database: its bytes, its kind, its place, what lies beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from random import Random

from harness.corruption import Corruption, tree
from harness.home import Home
from harness.systems.session_buddy.database import opened
from harness.systems.session_buddy.model import DATABASE, LOCAL
from harness.systems.session_buddy.places import Apply, on_file, on_settled_file
from harness.wal import PAGE, rollback_journal

_PAGE = slice(16, 18)  # of the header: the page size
_NOTES = b"skills moved to the new laptop, see the notes there\n" * 40
_DUCK = bytes(8) + b"DUCK" + bytes(4084)
_OUTSIDE = "/srv/elsewhere/session_buddy.db"


def _without(home: Home, path: str) -> Home:
    for suffix in ("", "-wal", "-shm", "-journal"):
        home = home.without(path + suffix)
    return home


def _missing(home: Home, path: str, _: Random) -> Home:
    return _without(home, path)


def _log_alone(home: Home, path: str, _: Random) -> Home:
    """The database was moved away, its log was not."""
    return _without(home, path).with_file(f"{path}-wal", b"\x37\x7f\x06\x82" + bytes(28))


def _replaced(content: bytes) -> Apply:
    return on_file(lambda home, path, _: _without(home, path).with_file(path, content))


def _short(home: Home, path: str, random: Random) -> Home:
    return home.with_file(path, home.content(path)[: random.randrange(1, 100)])


def _truncated(home: Home, path: str, random: Random) -> Home | None:
    """Half of the pages at least are left, so that the header and the schema can be read."""
    content = home.content(path)
    size = int.from_bytes(content[_PAGE], "big")
    pages = len(content) // size
    return home.with_file(path, content[: random.randrange(pages // 2, pages) * size])


def _roots(content: bytes) -> list[int]:
    """Returns the root pages of what has rows or keys, page 1 excluded."""
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.deserialize(content[:18] + b"\1\1" + content[20:])
            rows = connection.execute(
                "SELECT rootpage FROM sqlite_master WHERE rootpage > 1 ORDER BY 1"
            ).fetchall()
        except sqlite3.Error:
            return []
    return [int(row[0]) for row in rows]


def _on_page(damaged: bytes) -> Apply:
    """Returns bytes at the beginning of a page that is in use; an empty text zeroes the whole page."""

    def change(home: Home, path: str, random: Random) -> Home | None:
        content = home.content(path)
        size, roots = int.from_bytes(content[_PAGE], "big"), _roots(content)
        if not roots or size < 512:
            return None
        at = (random.choice(roots) - 1) * size
        new = damaged or bytes(size)
        return home.with_file(path, content[:at] + new + content[at + len(new) :])

    return on_settled_file(change)


def _folder(home: Home, path: str, _: Random) -> Home:
    content = home.content(path)
    return _without(home, path).with_kind(path, "dir", mode=0o755).with_file(f"{path}/part", content)


def _fifo(home: Home, path: str, _: Random) -> Home:
    return tree.made_fifo(_without(home, path), path)


def _behind_link(home: Home, path: str, _: Random) -> Home | None:
    """The database lies in a synchronised folder, its log beside it there."""
    if home.entries[path].kind != "file":
        return None
    log = home.get(f"{path}-wal")
    home = home.without(f"{path}-wal").without(f"{path}-shm")
    moved = tree.moved_behind_link(home, path, "sync/skills/buddy.db")
    return moved if moved is None or log is None else moved.with_entry("sync/skills/buddy.db-wal", log)


def _linked_to(target: str) -> Apply:
    return on_file(lambda home, path, _: _without(home, path).with_link(path, target))


def _two_names(home: Home, path: str, random: Random) -> Home | None:
    return tree.given_second_name(home, path, random.choice((f"{path}.bak", "sync/skills.db")))


def _at_both_places(home: Home, path: str, _: Random) -> Home | None:
    other = LOCAL if path == DATABASE else DATABASE
    return tree.copied(home, path, other) if home.entries[path].kind == "file" else None


def _torn_log(home: Home, path: str, random: Random) -> Home | None:
    """Power failed before the log's last pages, the commit among them, were on the disk."""
    log = home.get(f"{path}-wal")
    if log is None or log.kind != "file" or log.size < 2:
        return None
    return home.with_file(f"{path}-wal", home.content(f"{path}-wal")[: random.randrange(1, log.size)])


def _foreign_log(home: Home, path: str, _: Random) -> Home:
    return home.with_file(f"{path}-wal", _NOTES)


def _killed_write(home: Home, path: str, _: Random) -> Home | None:
    """A writer without a log was killed in the middle: its pages are written, its journal still there."""
    before = home.content(path)
    if before[18:20] != b"\1\1" or int.from_bytes(before[_PAGE], "big") != PAGE:
        return None
    with opened(before) as (connection, _clock):
        try:
            connection.execute("DELETE FROM skill_invocation WHERE id % 2 = 0")
            connection.execute("INSERT INTO session_skills VALUES ('killed 中', 'mypy', 1)")
        except sqlite3.Error:
            return None
        after = connection.serialize()
    return home.with_file(path, after).with_file(
        f"{path}-journal", rollback_journal(before, after), mode=home.entries[path].mode
    )


def _folder_read_only(home: Home, path: str, _: Random) -> Home:
    return home.with_mode(path.rpartition("/")[0], 0o555)


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("no-database", "there is no skills database", "DB_MISSING", on_file(_missing)),
    ("log-alone", "a write-ahead log without its database", "DB_MISSING", on_file(_log_alone)),
    ("zero-bytes", "the database has no bytes", "NOT_SKILLS_DATABASE", _replaced(b"")),
    ("text-file", "a text file in the database's place", "NOT_A_DATABASE", _replaced(_NOTES)),
    ("duckdb-file", "a DuckDB file in the database's place", "NOT_A_DATABASE", _replaced(_DUCK)),
    ("header-torn", "the database is shorter than its header", "NOT_A_DATABASE", on_settled_file(_short)),
    ("truncated", "the database is cut short", "DB_INVALID", on_settled_file(_truncated)),
    ("zeroed-page", "a page of the database is zeros", "DB_INVALID", _on_page(b"")),
    ("overwritten-page", "the beginning of a page is overwritten", "DB_INVALID", _on_page(b"\xff" * 64)),
    ("folder", "a folder in the database's place", "NOT_A_DATABASE", on_file(_folder)),
    ("fifo", "a FIFO in the database's place", "NOT_A_DATABASE", on_file(_fifo)),
    ("unreadable", "the database may not be read", "NO_ACCESS",
     on_file(lambda home, path, _: tree.made_unreadable(home, path))),
    ("read-only", "the database may not be written", "NO_ACCESS",
     on_file(lambda home, path, _: home.with_mode(path, 0o444))),
    ("folder-read-only", "the database's folder may not be written", "NO_ACCESS", on_file(_folder_read_only)),
    ("linked", "the database is a link into another folder of the home", "", on_file(_behind_link)),
    ("linked-outside", "the database is a link out of the home", "PATH_ESCAPES DB_MISSING", _linked_to(_OUTSIDE)),
    ("linked-nowhere", "the database is a link to nothing", "DB_MISSING", _linked_to("not-there.db")),
    ("both-places", "there is a database at either place", "DB_AMBIGUOUS", on_file(_at_both_places)),
    ("two-names", "a hard link gives the database a second name", "DB_INVALID", on_file(_two_names)),
    ("torn-log", "the write-ahead log is cut short", "", on_file(_torn_log)),
    ("killed-write", "a writer was killed, its rollback journal lies beside the database", "",
     on_settled_file(_killed_write)),
    ("foreign-log", "what lies at the log's place is none", "", on_settled_file(_foreign_log)),
)  # fmt: skip

FILES = {
    name: Corruption(name, summary, frozenset(shown.split()), apply) for name, summary, shown, apply in _ROWS
}
