#!/usr/bin/env python3
"""The store of ait42 that writes twice, one client; targets of the editor's own documents: a create or an update within
10 ms, a query's median within 10 ms, 1,000 sessions listed within 500 ms. Of writes the CPU counts, since what the
disk takes is the machine's; the reference tells that.

    python bench/stores.py [--sessions 10 100] [--requests 60] [--folder /dev/shm]

Beside it, as reference: one transaction of a bare row and the same file written anew, both forced to disk.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measure import Targets, parser

ROOT = Path(__file__).parents[1]
WORK, T = "/work/one", "2025-11-10T10:00:00.000Z"
MIGRATOR = [sys.executable, "-m", "migrator", "ait42"]


def session(name: str, messages: int = 10) -> dict[str, Any]:
    keys = (
        "completedAt",
        "model",
        "timeoutSeconds",
        "preserveWorktrees",
        "winnerId",
        "runtimeMix",
        "totalDuration",
    )
    said = [
        {"id": f"{name}-{n}", "role": "user", "content": "c" * 400, "timestamp": T, "instanceId": None}
        for n in range(messages)
    ]
    part = {
        "worktreePath": "/w",
        "branch": "b",
        "agentName": "a",
        "status": "running",
        "tmuxSessionId": "t",
        "output": "x" * 500,
    }
    return {"id": name, "type": "competition", "task": f"task {name}", "status": "running", "createdAt": T, "updatedAt": T,
            "instances": [{"instanceId": n, **part} for n in range(3)], "chatHistory": said} | dict.fromkeys(keys)  # fmt: skip


class Client:
    """A store process and who asks it."""

    def __init__(self, home: Path) -> None:
        env = {**os.environ, "HOME": str(home)}
        subprocess.run([*MIGRATOR, "migrate"], cwd=ROOT, env=env, capture_output=True, check=True)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [*MIGRATOR, "store"], cwd=ROOT, env=env, stdin=pipe, stdout=pipe, text=True
        )

    def ask(self, **request: Any) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert answer["ok"], answer

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self.process.communicate()


def bare(folder: Path, sessions: list[dict[str, Any]]) -> Callable[[int], None]:
    """Returns a change of both a row and a file, each forced to disk, and nothing else."""
    db = sqlite3.connect(folder / "bare.db", isolation_level=None)
    db.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, x)"
    )
    path, temporary = folder / "bare.json", folder / "bare.part"

    def change(number: int) -> None:
        db.execute("INSERT INTO t VALUES (?, ?)", (number, "x" * 400))
        with temporary.open("w") as file:
            json.dump(sessions, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)

    return change


def median(action: Callable[[int], None], times: int) -> float:
    """Returns milliseconds."""
    taken = []
    for number in range(times):
        began = time.perf_counter()
        action(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


def measure(folder: Path, sessions: int, requests: int, targets: Targets) -> None:
    files = folder / ".ait42/sessions"
    files.mkdir(parents=True)
    rows = [session(f"s{n}") for n in range(sessions)]
    (files / f"{hashlib.sha256(WORK.encode()).hexdigest()[:16]}.json").write_text(json.dumps(rows, indent=2))
    client = Client(folder)
    client.ask(id=0, do="list")
    writes: dict[str, Callable[[int], None]] = {
        "create": lambda n: client.ask(id=n, do="create_session", workspace=WORK, session=session(f"n{n}", 0)),
        "update": lambda n: client.ask(id=n, do="update_session", session=f"s{n % sessions}", fields={"task": f"t{n}"}),
        "message": lambda n: client.ask(id=n, do="add_message", session=f"s{n % sessions}",
                                        message={"id": f"x{n}", "role": "user", "content": "c" * 400, "timestamp": T}),
    }  # fmt: skip
    print(
        f"{sessions} sessions in one file: a bare row and file {median(bare(folder, rows), requests):.2f} ms"
    )
    for name, action in writes.items():
        began = client.cpu()
        taken = median(action, requests)
        spent = (client.cpu() - began) / requests * 1e3
        targets.at_most(
            f"{name} with {sessions} sessions (median wait {taken:.1f} ms)", spent, 10, "ms of CPU"
        )
    for name in ("get", "list", "search"):
        given = {"get": {"session": "s0"}, "list": {"limit": 1000}, "search": {"text": "t1"}}[name]
        taken = median(lambda n, name=name, given=given: client.ask(id=n, do=name, **given), requests)  # type: ignore[misc]
        targets.at_most(f"{name} with {sessions} sessions", taken, 500 if name == "list" else 10, "ms")
    client.end()


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, nargs="+", default=[10, 100])
    arguments.add_argument("--requests", type=int, default=60)
    arguments.add_argument("--folder", default=None, help="where the homes lie")
    asked = arguments.parse_args()
    targets = Targets()
    for sessions in asked.sessions:
        with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
            measure(Path(folder), sessions, asked.requests, targets)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
