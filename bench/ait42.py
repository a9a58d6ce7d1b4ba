#!/usr/bin/env python3
"""The reference migration of `ait42`, beside plain imports of the same files, in one run; ratios are the result.

    python bench/ait42.py [--scale 1] [--runs 5] [--output-chars 1500] [--folder DIR] [--without seed-delete]

The load is that of the published migration guide: 100 files, 1,000 sessions, 3,000 instances, 10,000 messages at
scale 1.  All are whole processes that take turns; the first round is dropped; each ratio is the median of the rounds'.

    pipeline      decode, executemany, one transaction, WAL; no backup, no checks: the yardstick
    sqlite-utils  json.loads, `insert_all`
    pandas        json.loads, `DataFrame.to_sql`
    duckdb        `read_json`, unnest, rows to executemany
    seed          as the guide's code: a transaction for each session, a SELECT for each message, WAL
    seed-delete   the same with SQLite's default journal
    migrator      backup, every field read back and compared, integrity, report

A rival whose library this Python lacks, and that of `--peers` too, is left out and named.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from migrator.ait42 import schema

WORDS = [
    "session",
    "worktree",
    "branch",
    "agent",
    "refactor",
    "parser",
    "merge",
    "commit",
    "test",
    "import",
    "trace",
    "日本語",
    "データ",
    "für",
    "\x1b[32mok\x1b[0m",
    "\n",
]
INSTANCE_KEYS = [
    "instanceId", "worktreePath", "branch", "agentName", "status", "tmuxSessionId", "output", "startTime", "endTime",
    "filesChanged", "linesAdded", "linesDeleted", "runtime", "model", "runtimeLabel",
]  # fmt: skip
SESSION_KEYS = [
    "type", "task", "status", "createdAt", "updatedAt", "completedAt", "model", "timeoutSeconds", "preserveWorktrees",
    "winnerId", "runtimeMix", "totalDuration", "totalFilesChanged", "totalLinesAdded", "totalLinesDeleted",
]  # fmt: skip
INSERT = {
    "sessions": f"INSERT INTO sessions VALUES ({', '.join('?' * 19)})",
    "instances": f"INSERT INTO instances VALUES ({', '.join('?' * 17)})",
    "chat_messages": f"INSERT INTO chat_messages VALUES ({', '.join('?' * 6)})",
}


def texts(source: random.Random, count: int, middle: int) -> list[str]:
    """Texts whose lengths are spread as those of terminals are: many short, few very long."""
    sizes = [min(6 * middle, max(12, int(source.lognormvariate(0, 0.9) * middle))) for _ in range(count)]
    return [" ".join(source.choices(WORDS, k=size // 6 + 1))[:size] for size in sizes]


def make(home: Path, scale: float, output_chars: int) -> None:
    """A home of the editor; the same bytes every time."""
    source, number = random.Random(20250115), 0
    tasks, said, shown = texts(source, 400, 120), texts(source, 2000, 400), texts(source, 1000, output_chars)
    folder = home / ".ait42" / "sessions"
    folder.mkdir(parents=True)
    mapping = {}
    for file in range(max(1, round(100 * scale))):
        workspace = f"/home/dev/projects/ws-{file:05d}"
        mapping[hashlib.sha256(workspace.encode()).hexdigest()[:16]] = workspace
        sessions = []
        for _ in range(10):
            number += 1
            sid, at = f"comp-{1736935200000 + number}", f"2025-01-{number % 28 + 1:02d}T10:00:00.000Z"
            instances = [
                dict(zip(INSTANCE_KEYS, [k, f"{workspace}/.worktrees/{sid}-{k}", f"ait42/{sid}/{k}", "backend",
                     "completed", f"ait42-{sid}-{k}", source.choice(shown), at, at, 7, 900, 33, "claude", "sonnet", None],
                     strict=True))
                for k in (1, 2, 3)
            ]  # fmt: skip
            chat = [
                {"id": f"msg-{source.getrandbits(128):032x}", "role": ("user", "assistant", "system")[k % 3],
                 "content": source.choice(said), "timestamp": at, "instanceId": k % 3 + 1 if k % 2 else None}
                for k in range(10)
            ]  # fmt: skip
            values = ["competition", source.choice(tasks), "completed", at, at, at, "sonnet", 3600, bool(number % 2),
                      number % 3 + 1, ["claude", "codex"], 3000, 70, 4000, 2000]  # fmt: skip
            one = {
                "id": sid,
                **dict(zip(SESSION_KEYS, values, strict=True)),
                "instances": instances,
                "chatHistory": chat,
            }
            sessions.append(one)
        name = folder / f"{hashlib.sha256(workspace.encode()).hexdigest()[:16]}.json"
        name.write_text(json.dumps(sessions, indent=2, ensure_ascii=False), encoding="utf-8")
    (home / ".ait42" / "workspace_mapping.json").write_text(json.dumps(mapping, indent=2))


def loaded(home: Path, loads: Callable[[bytes], Any]) -> Iterator[tuple[str, Any]]:
    mapping = json.loads((home / ".ait42" / "workspace_mapping.json").read_bytes())
    for path in sorted((home / ".ait42" / "sessions").iterdir()):
        yield mapping[path.stem], loads(path.read_bytes())


def opened(path: Path, mode: str = "WAL") -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    for setting in (f"journal_mode={mode}", "synchronous=FULL", "cache_size=-64000", "foreign_keys=ON"):
        db.execute(f"PRAGMA {setting}")
    for statement in (*schema.TABLES.split(";"), *schema.INDEXES.split(";")):
        db.execute(statement)
    return db


def session_row(one: dict[str, Any], workspace: str) -> tuple[Any, ...]:
    values = [one[key] for key in SESSION_KEYS]
    values[8], values[10] = int(bool(values[8])), values[10] and json.dumps(values[10])
    return (one["id"], workspace, *values, len(one["instances"]), len(one["chatHistory"]))


def pipeline(home: Path, path: Path) -> None:
    import msgspec  # noqa: PLC0415 - every rival loads only what it needs

    def struct(name: str, **fields: Any) -> Any:
        return msgspec.defstruct(name, list(fields.items()))

    text, whole = str | None, int | None
    message = struct("M", id=str, role=str, content=str, timestamp=str, instanceId=whole)
    kinds = [int, *[str] * 5, text, text, text, whole, whole, whole, text, text, text]
    instance = struct("I", **dict(zip(INSTANCE_KEYS, kinds, strict=True)))
    kinds = [
        str,
        str,
        str,
        str,
        str,
        text,
        text,
        whole,
        bool | None,
        whole,
        list[str] | None,
        whole,
        whole,
        whole,
        whole,
    ]
    session = struct("S", id=str, **dict(zip(SESSION_KEYS, kinds, strict=True)),
                     instances=list[instance], chatHistory=list[message])  # type: ignore[valid-type]  # fmt: skip
    db, number, rows = opened(path), 0, {table: list[Any]() for table in INSERT}
    db.execute("BEGIN")
    for count, (workspace, sessions) in enumerate(
        loaded(home, msgspec.json.Decoder(list[session]).decode), 1
    ):
        for one in sessions:
            refs = {}
            for part in one.instances:
                number += 1
                refs[part.instanceId] = number
                rows["instances"].append((number, one.id, *msgspec.structs.astuple(part)))
            rows["chat_messages"] += [
                (m.id, one.id, refs.get(m.instanceId), m.role, m.content, m.timestamp)
                for m in one.chatHistory
            ]
            whole_row = msgspec.structs.asdict(one)
            rows["sessions"].append(session_row(whole_row, workspace))
        if count % 10 == 0:
            flush(db, rows)
    flush(db, rows)
    db.execute("COMMIT")
    db.close()


def flush(db: sqlite3.Connection, rows: dict[str, list[Any]]) -> None:
    for table, statement in INSERT.items():
        db.executemany(statement, rows[table])
        rows[table].clear()


def gathered(home: Path) -> dict[str, tuple[list[str], list[tuple[Any, ...]]]]:
    """All rows at once, with their columns, as tools want them that take tables."""
    columns = {
        "sessions": ["id", *schema.SESSION[1:], "instance_count", "message_count"],
        "instances": ["id", "session_id", *schema.INSTANCE],
        "chat_messages": ["id", "session_id", "instance_id_ref", "role", "content", "timestamp"],
    }
    rows, number = {table: list[Any]() for table in INSERT}, 0
    for workspace, sessions in loaded(home, json.loads):
        for one in sessions:
            refs = {}
            for part in one["instances"]:
                number += 1
                refs[part["instanceId"]] = number
                rows["instances"].append((number, one["id"], *[part[key] for key in INSTANCE_KEYS]))
            for m in one["chatHistory"]:
                rows["chat_messages"].append(
                    (m["id"], one["id"], refs.get(m["instanceId"]), m["role"], m["content"], m["timestamp"])
                )
            rows["sessions"].append(session_row(one, workspace))
    return {table: (columns[table], rows[table]) for table in INSERT}


def utils(home: Path, path: Path) -> None:
    import sqlite_utils  # noqa: PLC0415 - as above

    opened(path).close()
    db = sqlite_utils.Database(sqlite3.connect(path))
    for table, (names, rows) in gathered(home).items():
        db[table].insert_all((dict(zip(names, row, strict=True)) for row in rows), batch_size=1000)
    db.conn.close()


def frames(home: Path, path: Path) -> None:
    import pandas as pd  # noqa: PLC0415 - as above

    opened(path).close()
    db = sqlite3.connect(path)
    for table, (names, rows) in gathered(home).items():
        frame = pd.DataFrame.from_records(rows, columns=names)
        frame.to_sql(table, db, if_exists="append", index=False)
    db.commit()
    db.close()


STRUCTS = {
    "instances": "STRUCT(instanceId INT, worktreePath VARCHAR, branch VARCHAR, agentName VARCHAR, status VARCHAR, "
    'tmuxSessionId VARCHAR, "output" VARCHAR, startTime VARCHAR, endTime VARCHAR, filesChanged INT, linesAdded INT, '
    "linesDeleted INT, runtime VARCHAR, model VARCHAR, runtimeLabel VARCHAR)[]",
    "chatHistory": 'STRUCT(id VARCHAR, "role" VARCHAR, content VARCHAR, "timestamp" VARCHAR, instanceId INT)[]',
}
WHOLE = {
    "timeoutSeconds",
    "winnerId",
    "totalDuration",
    "totalFilesChanged",
    "totalLinesAdded",
    "totalLinesDeleted",
}


def duck(home: Path, path: Path) -> None:
    import duckdb  # noqa: PLC0415 - as above

    kinds = dict.fromkeys(WHOLE, "INT") | {"preserveWorktrees": "BOOLEAN", "runtimeMix": "JSON"} | STRUCTS
    columns = ", ".join(f"{key}: '{kinds.get(key, 'VARCHAR')}'" for key in ["id", *SESSION_KEYS, *STRUCTS])
    files = home / ".ait42" / "sessions" / "*.json"
    reader = f"read_json('{files}', format='array', filename=true, maximum_object_size=200000000, columns={{{columns}}})"
    parts = ", ".join(f'i."{key}"' for key in INSTANCE_KEYS)
    quack, db = duckdb.connect(), opened(path)
    quack.execute("CREATE TEMP TABLE w (h VARCHAR, p VARCHAR)")
    mapping = json.loads((home / ".ait42" / "workspace_mapping.json").read_bytes())
    quack.executemany("INSERT INTO w VALUES (?, ?)", list(mapping.items()))
    quack.execute(f"CREATE TEMP TABLE x AS SELECT parse_filename(filename, true) h, * FROM {reader}")
    quack.execute("CREATE TEMP TABLE ii AS SELECT row_number() OVER (ORDER BY id, i.instanceId) n, id s, i "
                  "FROM (SELECT id, unnest(instances) i FROM x)")  # fmt: skip
    own = ", ".join(
        {"preserveWorktrees": "preserveWorktrees::INT", "runtimeMix": "runtimeMix::VARCHAR"}.get(k, k)
        for k in SESSION_KEYS
    )
    queries = {
        "sessions": f"SELECT id, w.p, {own}, len(instances), len(chatHistory) FROM x JOIN w ON w.h = x.h",
        "instances": f"SELECT n, s, {parts} FROM ii ORDER BY n",
        "chat_messages": 'SELECT m.id, q.s, ii.n, m."role", m.content, m."timestamp" FROM '
        "(SELECT id s, unnest(chatHistory) m FROM x) q LEFT JOIN ii ON ii.s = q.s AND ii.i.instanceId = q.m.instanceId",
    }
    db.execute("BEGIN")
    for table, query in queries.items():
        found = quack.execute(query)
        while rows := found.fetchmany(5000):
            db.executemany(INSERT[table], rows)
    db.execute("COMMIT")
    db.close()


def seed(home: Path, path: Path, mode: str = "WAL") -> None:
    db = opened(path, mode)
    for workspace, sessions in loaded(home, json.loads):
        for one in sessions:
            db.execute("BEGIN")
            db.execute(INSERT["sessions"], session_row(one, workspace))
            for part in one["instances"]:
                db.execute(INSERT["instances"], (None, one["id"], *[part[key] for key in INSTANCE_KEYS]))
            for m in one["chatHistory"]:
                query = "SELECT id FROM instances WHERE session_id = ? AND instance_id = ?"
                ref = m["instanceId"] and db.execute(query, (one["id"], m["instanceId"])).fetchone()[0]
                db.execute(
                    INSERT["chat_messages"],
                    (m["id"], one["id"], ref, m["role"], m["content"], m["timestamp"]),
                )
            db.execute("COMMIT")
    db.close()


NEEDS = {"pipeline": "msgspec", "sqlite-utils": "sqlite_utils", "pandas": "pandas", "duckdb": "duckdb"}
RIVALS: dict[str, Callable[[Path, Path], None]] = {
    "pipeline": pipeline,
    "sqlite-utils": utils,
    "pandas": frames,
    "duckdb": duck,
    "seed": seed,
    "seed-delete": lambda home, path: seed(home, path, "DELETE"),
}


def python_for(rival: str, peers: str) -> str | None:
    """The interpreter that has what the rival needs; None when there is none."""
    words = ["-c", f"import {NEEDS.get(rival, 'json')}"]
    for python in filter(None, (sys.executable, peers)):
        if not subprocess.run([python, *words], check=False, stderr=subprocess.DEVNULL).returncode:
            return python
    return None


def spent(words: list[str], python: str = sys.executable, *, cpu: bool = False) -> tuple[float, float]:
    """Seconds, by the clock or of the processor, and MiB at most of one process."""
    began = time.perf_counter()
    process = subprocess.Popen([python, *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
    seconds = used.ru_utime + used.ru_stime if cpu else time.perf_counter() - began
    return seconds, used.ru_maxrss / 1024


def one_round(
    home: Path, folder: Path, rivals: dict[str, str], *, cpu: bool
) -> dict[str, tuple[float, float]]:
    taken = {}
    for name, python in rivals.items():
        taken[name] = spent(
            [__file__, "--rival", name, str(home), str(folder / f"{name}.db")], python, cpu=cpu
        )
        for path in folder.glob("*.db*"):
            path.unlink()
    ours = ["-m", "migrator", "ait42"]
    for name, words in {
        "dry run": ["migrate", "--dry-run"], "migrator": ["migrate"], "second run": ["migrate"], "verify": ["verify"],
        "rollback": ["rollback"],
    }.items():  # fmt: skip
        taken[name] = spent([*ours, *words, "--home", str(home)], cpu=cpu)
    shutil.rmtree(home / ".local")
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output-chars", type=int, default=1500)
    parser.add_argument(
        "--folder", help="where to work; on the disk that is meant (default: a temporary folder)"
    )
    parser.add_argument("--without", action="append", default=[], choices=list(RIVALS))
    parser.add_argument("--rival", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument(
        "--cpu", action="store_true", help="seconds of the processor, not of the clock: where others work too"
    )
    parser.add_argument("--peers", default="", help="another Python, which has the rivals' libraries")
    asked = parser.parse_args()
    if asked.rival:
        RIVALS[asked.rival[0]](Path(asked.rival[1]), Path(asked.rival[2]))
        return
    rivals: dict[str, str] = {}
    for name in [name for name in RIVALS if name not in asked.without]:
        if python := python_for(name, asked.peers):
            rivals[name] = python
        else:
            print(f"{name:13} left out: no Python here has {NEEDS[name]}")
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        home, work = Path(folder, "home"), Path(folder, "work")
        work.mkdir()
        make(home, asked.scale, asked.output_chars)
        rounds = [one_round(home, work, rivals, cpu=asked.cpu) for _ in range(asked.runs + 1)][1:]
    ratios = tell(rounds)
    normal = asked.output_chars < 9000
    promised = {
        "P1  migrator / pipeline": (
            ratios("migrator", "pipeline"),
            "<=",
            1.6 if normal else 1.9,
        ),
        "P1  migrator / sqlite-utils": (ratios("migrator", "sqlite-utils"), "<=", 1.0 if normal else 1.5),
        "P1  migrator / pandas": (
            ratios("migrator", "pandas"),
            "<=",
            (1.0 if asked.scale < 5 else 1.25) if normal else 1.5,
        ),
        "P3  seed / migrator": (ratios("seed", "migrator"), ">=", 1.9 if asked.scale < 5 else 2.4),
        "P4  second run / migrator": (ratios("second run", "migrator"), "<=", 0.15),
        "P4  dry run / migrator": (ratios("dry run", "migrator"), "<=", 0.4),
        "P5  rollback / migrator": (ratios("rollback", "migrator"), "<=", 0.15),
    }
    top = {1: 80, 10: 128, 100: 200}.get(round(asked.scale))
    if top and normal:
        most = max(one["migrator"][1] for one in rounds)
        print(f"{'P2  MiB of the migrator':28} {most:5.0f}  <= {top}  {'kept' if most <= top else 'MISSED'}")
    for name, (ratio, sign, limit) in promised.items():
        if ratio is None:
            continue
        kept = ratio <= limit if sign == "<=" else ratio >= limit
        note = "" if asked.scale >= 10 or not name.startswith(("P4", "P5")) else " (promised at scale 10)"
        print(f"{name:28} {ratio:5.2f}  {sign} {limit}  {'kept' if kept else 'MISSED'}{note}")


def tell(rounds: list[dict[str, tuple[float, float]]]) -> Callable[[str, str], float | None]:
    for name in rounds[0]:
        seconds = statistics.median(one[name][0] for one in rounds)
        yardstick = "pipeline" if "pipeline" in rounds[0] else "migrator"
        beside = [one[name][0] / one[yardstick][0] for one in rounds]
        memory = max(one[name][1] for one in rounds)
        print(
            f"{name:13} {seconds:8.3f} s  x{statistics.median(beside):5.2f} [{min(beside):.2f}..{max(beside):.2f}]  {memory:5.0f} MiB"
        )

    def ratio(one: str, other: str) -> float | None:
        if not {one, other} <= rounds[0].keys():
            return None
        return statistics.median(taken[one][0] / taken[other][0] for taken in rounds)

    return ratio


if __name__ == "__main__":
    main()
