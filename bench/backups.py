#!/usr/bin/env python3
"""A checked backup of many small files, as ratio to copying each of them; target: at most 0.5.

    python bench/backups.py [--files 10000] [--runs 5] [--folder DIR]

Three ways to the same end, all durable and read back: `copies` (read, digest, write each file; force all at once;
read back), `pack` (all contents in one file, and an index: the least that can be done), `ours`
(`migrator.backup.take`: a tar and a manifest).  Files are JSON-like, log-normal, median 2 KiB.  DIR should lie on a
disk, not in memory; by default it is the current folder.  Without a journal a file system makes files slowly, and
the ratio gets better.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measure import Targets, parser, race, ratio, table

from migrator import backup
from migrator.journal import Run

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def make(folder: Path, files: int) -> None:
    """Makes files, twenty to a folder."""
    source = random.Random(7)
    text = "".join(source.choices('abcdefghij klmnop "qrstu":{}[],\n0123456789', k=600_000)).encode()
    for number in range(files):
        path = folder / f"{number // 2000:03d}" / f"{number // 20 % 100:02d}" / f"{number:06d}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        size = min(1 << 18, int(source.lognormvariate(0, 1.3) * 2048))
        start = source.randrange(300_000)
        path.write_bytes(text[start : start + size])


def listed(folder: Path) -> list[str]:
    """Returns the paths of all files below; their sizes and times are asked for, as any copy has to."""
    found, todo = [], [str(folder)]
    while todo:
        with os.scandir(todo.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    found.append(entry.path)
    return found


def read(path: str) -> bytes:
    fd = os.open(path, os.O_RDONLY)
    try:
        content = os.read(fd, 1 << 20)
    finally:
        os.close(fd)
    return content


def copies(root: Path, target: Path) -> None:
    paths = listed(root)
    digests = {}
    for path in paths:
        content = read(path)
        digests[path] = hashlib.sha256(content).digest()
        copy = target / os.path.relpath(path, root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(content)
    os.sync()
    for path in paths:
        if hashlib.sha256(read(str(target / os.path.relpath(path, root)))).digest() != digests[path]:
            raise OSError(path)


def pack(root: Path, target: Path) -> None:
    paths = listed(root)
    target.mkdir()
    index, offset = [], 0
    with (target / "pack").open("wb") as file:
        for path in paths:
            content = read(path)
            index.append((path, offset, len(content), hashlib.sha256(content).hexdigest()))
            offset += len(content)
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with (target / "index").open("w") as file:
        json.dump(index, file)
        file.flush()
        os.fsync(file.fileno())
    with (target / "pack").open("rb") as file:
        for path, _, size, digest in index:
            if hashlib.sha256(file.read(size)).hexdigest() != digest:
                raise OSError(path)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--files", type=int, default=10_000)
    arguments.add_argument("--runs", type=int, default=5)
    arguments.add_argument("--folder", default=".")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=os.path.realpath(asked.folder)) as name:
        root, target = Path(name) / "home", Path(name) / "backup"
        make(root, asked.files)

        def fresh() -> None:
            shutil.rmtree(target, ignore_errors=True)
            os.sync()

        ways = {
            "copies": lambda: copies(root, target),
            "pack": lambda: pack(root, target),
            "ours": lambda: backup.take(Run(str(target)), listed(root), NOW),
        }
        taken = race(ways, asked.runs, fresh)
    print(f"{asked.files} files")
    table(taken, "copies")
    targets = Targets()
    targets.at_most("backup / copies", ratio(taken, "ours", "copies"), 0.5)
    targets.at_most("backup / pack", ratio(taken, "ours", "pack"), 1.3)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
