#!/usr/bin/env python3
"""Making legacy homes, as ratio to Faker and to bare generators; targets: 30 times Faker's rate, twice the bare one.

    python bench/homes.py [--sessions 10000] [--runs 3] [--folder /dev/shm]

`texts` makes records of one session, three instances and ten messages by picking from `harness.pools`, `Faker` makes
the same ones with Faker (a tenth as many, counted tenfold).  `ait42` draws a state of that system, a hundred such
sessions to a file, writes it as a home and lays it out; `bare files of ait42` puts as many objects with the same keys
and picked texts into as many files.  `ao` does the same for a system with a file for each session, and transcripts, worktrees, registry
and database beside them; `bare tree of ao` makes the same folders and as many files: a picked record as JSON for each
session, fixed bytes for every other file.  The same seed must give the same bytes in another process.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import faker
import msgspec
from measure import Targets, parser, race, ratio, table

from harness.home import Home
from harness.pools import Pools, pools
from harness.sandbox.inside import tree
from harness.systems.ait42 import drawing as ait42_drawing
from harness.systems.ait42 import model as ait42_model
from harness.systems.ait42 import writer as ait42_writer
from harness.systems.ao.drawing import draw
from harness.systems.ao.drawing_sessions import pick
from harness.systems.ao.model import Shape
from harness.systems.ao.writer import write

ROOT, TIME = "/home/u", "2026-01-01T00:00:00.000Z"
A_PROJECT, A_FILE = 50, 100  # sessions


def of_ao(sessions: int, root: str = ROOT) -> Home:
    return write(draw(Shape(projects=sessions // A_PROJECT, sessions=A_PROJECT, user="u"), 7), root)


def of_ait42(sessions: int, root: str = ROOT) -> Home:
    """Makes sessions of three instances and ten messages each, none of them a debate or a twin."""
    shape = ait42_model.Shape(
        workspaces=sessions // A_FILE,
        sessions=A_FILE,
        instances=3,
        messages=10,
        twins="none",
        debates="none",
        user="u",
    )
    return ait42_writer.write(ait42_drawing.draw(shape, 7), root)


def lay_out(home: Home) -> None:
    tree.lay_out(home.root, home.manifest(), home.blobs)


def put(path: str, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    os.write(fd, content)
    os.close(fd)


def bare_tree(home: Home, root: str) -> None:
    texts, source = pools(), random.Random(7)
    os.makedirs(root)
    for path, entry in sorted(home.entries.items()):
        if entry.kind == "dir":
            os.makedirs(f"{root}/{path}", exist_ok=True)
        elif entry.kind == "file":
            content = b"fixed"
            if "/sessions/" in path:
                session = {
                    "worktree": f"/home/u/.worktrees/{path}",
                    "branch": f"session/{path}",
                    "createdAt": TIME,
                    "lifecycle": {"session": {"state": "idle", "startedAt": TIME}},
                    "userPrompt": pick(source, texts.paragraphs),
                    "displayName": pick(source, texts.titles),
                    "claudeSessionUuid": f"{source.getrandbits(128):032x}",
                }
                content = msgspec.json.format(msgspec.json.encode(session), indent=2)
            put(f"{root}/{path}", content)


def session_of_ait42(texts: Pools, source: random.Random) -> object:
    """Makes an object with all the keys that the editor writes, and no sense in it beyond picked texts."""
    key = f"{source.getrandbits(128):032x}"
    instance = {
        "instanceId": 1,
        "worktreePath": f"/home/u/code/tree/.worktrees/competition-{key[:8]}/instance-1",
        "branch": f"competition/{key[:8]}/instance-1",
        "agentName": "Agent",
        "status": "completed",
        "tmuxSessionId": f"ait42-comp-{key[:8]}-1",
        **dict.fromkeys(
            ("output", "startTime", "endTime", "filesChanged", "linesAdded", "linesDeleted"), TIME
        ),
        **dict.fromkeys(("runtime", "model", "runtimeLabel")),
    }
    chat = [
        {
            "id": f"msg-{source.getrandbits(80)}",
            "role": "user",
            "content": pick(source, texts.paragraphs),
            "timestamp": TIME,
            "instanceId": None,
        }
        for _ in range(10)
    ]
    return {
        "id": key,
        "type": "competition",
        "task": pick(source, texts.paragraphs),
        "status": "running",
        **dict.fromkeys(("createdAt", "updatedAt", "completedAt"), TIME),
        "instances": [instance] * 3,
        "chatHistory": chat,
        **dict.fromkeys(("model", "timeoutSeconds", "preserveWorktrees", "winnerId", "runtimeMix")),
        **dict.fromkeys(("totalDuration", "totalFilesChanged", "totalLinesAdded", "totalLinesDeleted")),
    }


def bare_files(sessions: int, root: str) -> None:
    os.makedirs(root)
    for number in range(sessions // A_FILE):
        texts, source = pools(), random.Random(number)
        records = [session_of_ait42(texts, source) for _ in range(A_FILE)]
        put(f"{root}/{number:016x}.json", msgspec.json.format(msgspec.json.encode(records), indent=2))


def record(
    title: Callable[[], str], text: Callable[[], str], person: Callable[[], str], key: Callable[[], str]
) -> object:
    return {
        "id": key(),
        "task": title(),
        "instances": [{"agent": person(), "output": text()} for _ in range(3)],
        "chat": [{"id": key(), "content": text()} for _ in range(10)],
    }


def by_pools(count: int, seed: int = 7) -> Iterator[object]:
    texts, source = pools(), random.Random(seed)
    for _ in range(count):
        yield record(
            lambda: pick(source, texts.titles),
            lambda: pick(source, texts.paragraphs),
            lambda: pick(source, texts.people),
            lambda: f"{source.getrandbits(128):032x}",
        )


def by_faker(count: int) -> None:
    source = faker.Faker("en_US")
    source.seed_instance(7)
    for _ in range(count):
        record(lambda: source.sentence(6), lambda: source.paragraph(4), source.name, source.uuid4)


def digest(home: Home) -> str:
    return hashlib.sha256(msgspec.json.encode(home.manifest())).hexdigest()


def digests(sessions: int) -> str:
    return " ".join(digest(make(sessions)) for make in (of_ao, of_ait42))


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    arguments.add_argument("--digest", action="store_true", help="print the homes' digests and end")
    asked = arguments.parse_args()
    if asked.digest:
        print(digests(asked.sessions))
        return 0
    again = [sys.executable, __file__, "--digest", "--sessions", str(asked.sessions)]
    elsewhere = subprocess.run(again, capture_output=True, text=True, check=True).stdout.strip()
    home, count = of_ao(asked.sessions), asked.sessions // 10
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as folder:
        root = f"{folder}/u"
        taken = race(
            {
                "ao": lambda: lay_out(of_ao(asked.sessions, root)),
                "bare tree of ao": lambda: bare_tree(home, root),
                "ait42": lambda: lay_out(of_ait42(asked.sessions, root)),
                "bare files of ait42": lambda: bare_files(asked.sessions, root),
                "texts from pools": lambda: deque(by_pools(count), 0),
                "Faker, a tenth": lambda: by_faker(count // 10),
            },
            asked.runs,
            before=lambda: shutil.rmtree(root, ignore_errors=True),
            clock=time.process_time,
        )
    print(
        f"{asked.sessions} sessions, {len(home.entries)} files and folders of ao; {count} records of long texts"
    )
    table(taken, "ao")
    targets = Targets()
    targets.holds("the same bytes in another process", met=elsewhere == digests(asked.sessions))
    targets.at_least("Faker / texts from pools", 10 * ratio(taken, "Faker, a tenth", "texts from pools"), 30)
    targets.at_most("ait42 / bare files", ratio(taken, "ait42", "bare files of ait42"), 2)
    targets.at_most("ao / bare tree", ratio(taken, "ao", "bare tree of ao"), 2)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
