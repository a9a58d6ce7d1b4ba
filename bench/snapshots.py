#!/usr/bin/env python3
"""Observing a home and a database, as ratio to the least that can be done; targets: 0.8 of the rate, 1.3 times.

    python bench/snapshots.py [--files 10000] [--rows 20000] [--runs 5]

Home: `harness.sandbox.inside.picture` (descriptors, nothing followed, modes and times, contents new to the host)
against a plain loop of scandir, read and blake2b.  Database: `oracle.read_stored`, every row with its values
by its key, against SELECT, msgpack and blake2b of bare rows.  Beside it, without target: which of all rows are not
those of the picture before.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
from backups import make
from measure import Targets, parser, race, ratio, table

from harness.home import Home
from harness.sandbox.inside.picture import Picture
from harness.stored import Stored
from harness.systems.ao.oracle import read_stored
from harness.systems.ao.oracle.database import PLACE
from harness.systems.ao.target import empty_database


def plain(root: str) -> dict[str, bytes]:
    found, todo = {}, [root]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                    continue
                fd = os.open(entry.path, os.O_RDONLY)
                content = os.read(fd, 1 << 20)
                os.close(fd)
                found[entry.path] = hashlib.blake2b(content, digest_size=16).digest()
    return found


def database(path: Path, rows: int) -> None:
    path.write_bytes(empty_database())
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(
            "INSERT INTO projects (id, path, registered_at) VALUES ('p', '/p', '2026-01-01T00:00:00.000Z')"
        )
        time = "2026-01-01T00:00:00.000Z"
        connection.executemany(
            "INSERT INTO sessions (id, project_id, num, prompt, branch, activity_last_at, created_at, updated_at) "
            "VALUES (?, 'p', ?, ?, ?, ?, ?, ?)",
            ((f"s-{n}", n, f"prompt {n} " * 20, f"session/s-{n}", time, time, time) for n in range(rows)),
        )
    connection.close()


def bare_digests(path: Path) -> int:
    encode, count = msgspec.msgpack.Encoder().encode, 0
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        for row in connection.execute(f'SELECT * FROM "{name}"'):
            hashlib.blake2b(encode(row), digest_size=16).digest()
            count += 1
    connection.close()
    return count


def observed(home: Home, before: Stored) -> int:
    return sum(1 for _ in read_stored(home).differing(before))


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--rows", type=int, default=20_000)
    arguments.add_argument("--runs", type=int, default=5)
    asked = arguments.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        root = folder / "home"
        make(root, asked.files)
        known = {row[5] for row in Picture(str(root), set()).rows}
        homes = race(
            {
                "scandir, read, blake2b": lambda: plain(str(root)),
                "picture, all contents known": lambda: Picture(str(root), known),
                "picture, all contents new": lambda: Picture(str(root), set()),
            },
            asked.runs,
            clock=time.process_time,
        )
        database(folder / "ao.db", asked.rows)
        home = Home.empty("/home/u").with_file(PLACE, (folder / "ao.db").read_bytes())
        known_rows = read_stored(home)
        rows = race(
            {
                "SELECT, msgpack, blake2b": lambda: bare_digests(folder / "ao.db"),
                "read_stored": lambda: read_stored(home),
                "read_stored and what differs": lambda: observed(home, known_rows),
            },
            asked.runs,
            clock=time.process_time,
        )
    finally:
        shutil.rmtree(folder)
    print(f"{asked.files} files")
    table(homes, "scandir, read, blake2b")
    print(f"{asked.rows} sessions in a database")
    table(rows, "SELECT, msgpack, blake2b")
    targets = Targets()
    rate = ratio(homes, "scandir, read, blake2b", "picture, all contents known")
    targets.at_least("rate of a picture / plain loop", rate, 0.8)
    targets.at_most("database / bare digests", ratio(rows, "read_stored", "SELECT, msgpack, blake2b"), 1.3)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
