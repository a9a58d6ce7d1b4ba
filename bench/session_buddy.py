#!/usr/bin/env python3
"""What session-buddy's version 4 costs: the backfills beside one GROUP BY, the way there, the size, the views.

    python bench/session_buddy.py [--sizes 17000,90000,365000] [--runs 7] [--folder /dev/shm]

A database of version 3 is filled at 1,000 invocations a day over 100 skills, then migrated.  Compared, in turn and on
copies: one GROUP BY over skill and hour of all rows into the table of hourly figures, our backfill of that table (which
reads what the guide's loop reads, but knows zones and odd times), and all three backfills.  17,000 invocations are the
reference load: there the views have their limits, and the whole command may take two seconds.  Seconds are CPU seconds,
as others may use the machine.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser, race, ratio, table

from harness.systems.session_buddy import schema
from harness.systems.session_buddy.model import AS_OF
from migrator.session_buddy import ddl, moments
from migrator.session_buddy.backfill import Figures, Window
from migrator.session_buddy.filling import Filling, Writer

A_DAY, SKILLS, A_SESSION, REFERENCE = 1_000, 100, 8, 17_000
LIMITS = dict.fromkeys(ddl.VIEWS, 50.0) | {
    "v_skill_effectiveness_trend": 100.0,
    "v_skill_dependency_network": 100.0,
}  # milliseconds, the guide's
# The peak is asked of the kernel by the process itself: what its parent held counts in `ru_maxrss`.
COMMAND = """
import re, sys, time
from migrator.cli import main
status = main(sys.argv[1:])
print(time.process_time(), re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
sys.exit(status)
"""
GROUPED = """
INSERT INTO skill_time_series
    (skill_name, timestamp, invocation_count, completion_rate, avg_duration_seconds, unique_sessions)
SELECT skill_name, substr(invoked_at, 1, 13) || ':00:00', count(*),
    avg(CASE WHEN completed = 1 THEN 1.0 ELSE 0.0 END), avg(duration_seconds), count(DISTINCT session_id)
FROM skill_invocation GROUP BY skill_name, substr(invoked_at, 1, 13)"""


def rows(count: int) -> Iterator[tuple[object, ...]]:
    source = Random(5)
    for number in range(count):
        at = AS_OF - timedelta(seconds=(count - number) * 86_400 / A_DAY)
        done = source.random() < 0.85
        skill = f"skill-{int(source.random() ** 2 * SKILLS)}"
        seconds = source.random() * 90 if done else None
        phase = ("setup", "execution", "verification", None)[int(source.random() * 4)]
        yield (
            *(skill, at.replace(tzinfo=None).isoformat(), f"session-{number // A_SESSION}", "quick", done),
            *(seconds, f"how do I fix this failing test in module {number % 997}", phase),
        )


def make(path: str, count: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.executescript(schema.BOOKKEEPING + "".join(text for _, _, text in schema.VERSIONS))
        versions = [(version, "2026-01-01 00:00:00", about) for version, about, _ in schema.VERSIONS]
        db.executemany(
            "INSERT INTO skill_migrations (version, applied_at, description) VALUES (?, ?, ?)", versions
        )
        db.executemany(
            "INSERT INTO skill_invocation (skill_name, invoked_at, session_id, workflow_path, completed, "
            "duration_seconds, user_query, workflow_phase) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows(count),
        )
        db.commit()


def pages(path: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA page_count").fetchone()[0])


def backfills(path: str, runs: int, targets: Targets, count: int) -> None:
    """Races the backfills on version 4 without rows; every turn is taken back."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA temp_store=MEMORY")
        for _, statement in ddl.UP.values():
            db.execute(statement)
        last = moments.of(AS_OF).second // 3600
        same: dict[str, object] = {}
        query = "SELECT skill_name, timestamp, invocation_count, unique_sessions FROM skill_time_series ORDER BY 2, 1"

        def grouped() -> None:
            db.execute("BEGIN")
            db.execute(GROUPED)
            same["grouped"] = db.execute(query).fetchall() if "grouped" not in same else same["grouped"]
            db.execute("ROLLBACK")

        def ours(*, whole: bool) -> None:
            db.execute("BEGIN")
            figures = Figures(db, moments.Reader(), Window(0, last))
            filling = Filling(Writer(db), figures, "2026-03-01 12:34:56")
            filling.series()
            if whole:
                filling.dependencies(5)
                filling.baselines()
            same["ours"] = db.execute(query).fetchall() if "ours" not in same else same["ours"]
            db.execute("ROLLBACK")

        actions = {
            "one GROUP BY": grouped,
            "hourly figures": lambda: ours(whole=False),
            "all three backfills": lambda: ours(whole=True),
        }
        taken = race(actions, runs, clock=time.process_time)
    table(taken, "one GROUP BY")
    targets.holds(f"{count} invocations: the same rows", met=same["grouped"] == same["ours"])
    targets.at_most(f"{count} invocations: hourly figures", ratio(taken, "hourly figures", "one GROUP BY"), 2)


def views(path: str, targets: Targets, *, limits: bool) -> None:
    """The guide's limits hold for the reference load; beyond it the figures are told."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        for name, limit in LIMITS.items():
            taken = []
            for _ in range(8):
                began = time.process_time()
                db.execute(f"SELECT * FROM {name}").fetchall()
                taken.append((time.process_time() - began) * 1e3)
            middle = statistics.median(taken[1:])
            if limits:
                targets.at_most(name, middle, limit, "ms")
            else:
                print(f"        {name}: {middle:.2f} ms")


def whole(home: Path, count: int, targets: Targets) -> None:
    """One `migrate` as a command."""
    path = str(home / ".claude/data/session_buddy.db")
    before = pages(path)
    words = ["session-buddy", "migrate", "--as-of", AS_OF.isoformat(), "--home", str(home)]
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, *words], capture_output=True, text=True, check=False
    )
    seconds, kib = map(float, done.stdout.splitlines()[-1].split())
    after = pages(path)
    targets.holds(f"{count} invocations: migrated", met=done.returncode == 0)
    targets.at_most(f"{count} invocations: memory of migrate", kib / 1024, 64, "MiB")
    print(f"        {count} invocations: migrate takes {seconds:.2f} s of CPU")
    targets.at_most(f"{count} invocations: size after / before", after / before, 3)
    if count == REFERENCE:
        targets.at_most(f"{count} invocations: migrate", seconds, 2, "s of CPU")
    views(path, targets, limits=count == REFERENCE)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--sizes", default="17000,90000,365000")
    arguments.add_argument("--runs", type=int, default=7)
    arguments.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    asked, targets = arguments.parse_args(), Targets()
    for count in map(int, asked.sizes.split(",")):
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=asked.folder))
        try:
            print(f"{count} invocations")
            home = folder / "u"
            (home / ".claude/data").mkdir(parents=True)
            path = home / ".claude/data/session_buddy.db"
            make(str(path), count)
            shutil.copy(path, folder / "copy.db")
            backfills(str(folder / "copy.db"), asked.runs, targets, count)
            whole(home, count, targets)
        finally:
            shutil.rmtree(folder)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
