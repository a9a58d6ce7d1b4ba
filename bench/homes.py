#!/usr/bin/env python3
"""Making legacy homes, as ratio to Faker and to a bare generator; targets: 30 times Faker's rate, twice the bare one.

    python bench/homes.py [--sessions 10000] [--runs 3] [--folder /dev/shm]

`texts` makes records of one session, three terminals and ten messages by picking from `harness.pools`, `Faker` makes
the same ones with Faker (a tenth as many, counted tenfold).  `home` draws a state of ao, writes it as a home and
lays it out: records, transcripts, worktrees, registry, database.  `bare` is the least that puts as many files on
the same disk: picked texts, a record as JSON for each session, fixed bytes for every other file.  The same seed
must give the same bytes in another process.
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
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import faker
import msgspec
from measure import Targets, parser, race, ratio, table

from harness.home import Home
from harness.pools import pools
from harness.sandbox.inside import tree
from harness.systems.ao.drawing import draw
from harness.systems.ao.drawing_sessions import pick
from harness.systems.ao.model import Shape
from harness.systems.ao.writer import write

ROOT = "/home/u"
A_PROJECT, A_FOLDER = 50, 50  # sessions, files


def ours(sessions: int, root: str = ROOT) -> Home:
    return write(draw(Shape(projects=sessions // A_PROJECT, sessions=A_PROJECT, user="u"), 7), root)


def laid_out(sessions: int, root: str) -> None:
    home = ours(sessions, root)
    tree.lay_out(root, home.manifest(), home.blobs)


def bare(sessions: int, others: int, root: str) -> None:
    texts, source = pools(), random.Random(7)
    for number in range(sessions + others):
        if number % A_FOLDER == 0:
            folder = f"{root}/{number // A_FOLDER}"
            os.makedirs(folder)
        content = b"fixed %d" % number
        if number < sessions:
            record = {
                "worktree": f"/home/u/.worktrees/{number}",
                "branch": f"session/{number}",
                "createdAt": "2026-01-01T00:00:00.000Z",
                "lifecycle": {"session": {"state": "idle", "startedAt": "2026-01-01T00:00:00.000Z"}},
                "userPrompt": pick(source, texts.paragraphs),
                "displayName": pick(source, texts.titles),
                "claudeSessionUuid": f"{source.getrandbits(128):032x}",
            }
            content = msgspec.json.format(msgspec.json.encode(record), indent=2)
        fd = os.open(f"{folder}/{number}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        os.write(fd, content)
        os.close(fd)


def record(
    title: Callable[[], str], text: Callable[[], str], person: Callable[[], str], key: Callable[[], str]
) -> object:
    return {
        "id": key(),
        "task": title(),
        "instances": [{"agent": person(), "output": text()} for _ in range(3)],
        "chat": [{"id": key(), "content": text()} for _ in range(10)],
    }


def by_pools(count: int) -> None:
    texts, source = pools(locales=("en_US",)), random.Random(7)
    for _ in range(count):
        record(
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


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--sessions", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--folder", default="/dev/shm" if os.path.isdir("/dev/shm") else None)
    arguments.add_argument("--digest", action="store_true", help="print the home's digest and end")
    asked = arguments.parse_args()
    home = ours(asked.sessions)
    if asked.digest:
        print(digest(home))
        return 0
    again = [sys.executable, __file__, "--digest", "--sessions", str(asked.sessions)]
    elsewhere = subprocess.run(again, capture_output=True, text=True, check=True).stdout.strip()
    others = sum(entry.kind == "file" for entry in home.entries.values()) - asked.sessions
    folder = tempfile.mkdtemp(prefix="bench-", dir=asked.folder)
    root, count = f"{folder}/u", asked.sessions // 10
    by_pools(1)
    taken = race(
        {
            "home": lambda: laid_out(asked.sessions, root),
            "bare": lambda: bare(asked.sessions, others, root),
            "texts from pools": lambda: by_pools(count),
            "Faker, a tenth": lambda: by_faker(count // 10),
        },
        asked.runs,
        before=lambda: shutil.rmtree(root, ignore_errors=True),
        clock=time.process_time,
    )
    shutil.rmtree(folder)
    print(f"{asked.sessions} sessions, {len(home.entries)} files and folders; {count} records of long texts")
    table(taken, "home")
    targets = Targets()
    targets.holds("the same bytes in another process", met=elsewhere == digest(home))
    targets.at_least("Faker / texts from pools", 10 * ratio(taken, "Faker, a tenth", "texts from pools"), 30)
    targets.at_most("home / bare", ratio(taken, "home", "bare"), 2)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
