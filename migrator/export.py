"""What a rollback has to take away although others made it: kept in the run's own folder, complete before it goes.

`export/<table>.jsonl` holds one row a line as the database had it, `export/files/` whole files. The folder is built
under another name; one that the journal does not name was never relied on.
"""

import errno
import json
import os
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from migrator import files
from migrator.journal import Run
from migrator.outcome import Refusal

MANIFEST = "manifest.json"
Lost = Iterable[tuple[str, dict[str, Any]]]  # table, values by column; rows of one table together

ABOUT = """\
When the migration was rolled back, others had worked with what it had brought. These rows and files could not
stay without it. They are as they were just before the rollback.

<table>.jsonl   one row a line: column name -> value. {"base64": ...} stands for bytes, or text that is not UTF-8.
manifest.json   how many rows each of these files holds, and its SHA-256.
files/          whole files, by their path below the home, or else by their full path.

To put them back, migrate again, so that the rows they belong to are there, and stop every program that uses the
database. Make a copy of it. Then run this program in this folder with the database's path:

    python3 - /path/to/the.db <<'END'
import base64, json, sqlite3, sys, urllib.parse
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
for name in TABLES:
    table = urllib.parse.unquote(name).replace('"', '""')
    for line in open(name + ".jsonl", encoding="ascii"):
        row = json.loads(line)
        values = [base64.b64decode(v["base64"]) if isinstance(v, dict) else v for v in row.values()]
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in row)
        db.execute(f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({", ".join("?" * len(values))})', values)
broken = db.execute("PRAGMA foreign_key_check").fetchall()
db.execute("ROLLBACK" if broken else "COMMIT")
print("nothing was changed, these rows belong to missing ones:" if broken else "done", broken or "")
END

Copy files back from files/ by hand.
"""


class Export:
    """The next export of a run; `paths` are files with their digests, `home` shortens their names."""

    def __init__(self, run: Run, home: str, paths: dict[str, str]) -> None:
        self._home, self._paths = home.rstrip("/") + "/", paths
        number = 1 + len(run.exports())
        self.folder = os.path.join(run.folder, "export" if number == 1 else f"export-{number}")
        self._part = self.folder + ".part"

    def size(self, lost: Lost) -> int:
        """How many bytes the export will take; none if there is nothing to export."""
        size = sum(len(_line(row)) for _, row in lost) + sum(os.path.getsize(path) for path in self._paths)
        return size + len(ABOUT) if size else 0

    def write(self, lost: Lost) -> dict[str, Any]:
        """All is on disk and read back; gives the facts for the journal. Raises Refusal, and leaves nothing then."""
        self.discard()
        found = os.stat(os.path.dirname(self.folder))
        rows, manifest = Counter[str](), dict[str, Any]()
        try:
            for table, group in groupby(lost, key=lambda one: one[0]):
                digest = self._put(_named(table) + ".jsonl", _counted(group, rows))
                manifest[table] = {"file": _named(table) + ".jsonl", "rows": rows[table], "sha256": digest}
            for path, digest in self._paths.items():
                self._copy(path, digest)
            if rows or self._paths:
                self._put(MANIFEST, json.dumps(manifest).encode("ascii"))
                self._put("README.txt", ABOUT.replace("TABLES", repr(list(map(_named, rows)))).encode())
                files.replace(self._part, self.folder)
        except OSError as error:
            self.discard()
            os.utime(os.path.dirname(self.folder), ns=(found.st_atime_ns, found.st_mtime_ns))
            code = "NO_SPACE" if error.errno == errno.ENOSPC else "NEW_DATA"
            raise Refusal(code, f"What others did since cannot be kept in {self.folder}: {error}.") from error
        return {"export": self.folder if rows or self._paths else None, "rows": rows, "paths": self._paths}

    def _put(self, name: str, lines: bytes | Iterable[bytes]) -> str:
        files.make_folders(self._part, 0o700)
        path = os.path.join(self._part, name)
        if (digest := files.write_new(path, lines)) != files.digest(path):
            raise OSError(f"{path} does not hold what was written")
        return digest

    def _copy(self, path: str, digest: str) -> None:
        copy = os.path.join(self._part, "files", path.removeprefix(self._home).lstrip("/"))
        files.make_folders(os.path.dirname(copy), 0o700)
        if not files.copy_new(path, copy, 0o600) == digest == files.digest(copy):
            raise OSError(f"{path} changed while it was being copied")
        files.sync_folder(os.path.dirname(copy))

    def discard(self) -> None:
        """Nothing of this export is there."""
        for folder in (self._part, self.folder):
            files.remove_tree(folder)


def _counted(group: Lost, rows: Counter[str]) -> Iterator[bytes]:
    for table, row in group:
        rows[table] += 1
        yield _line(row)


def _named(table: str) -> str:
    from urllib.parse import quote as escaped  # noqa: PLC0415 - slow to import, and few runs export

    return escaped(table, safe=" ", errors="surrogateescape")


def _line(row: dict[str, Any]) -> bytes:
    pairs = (f"{json.dumps(name)}: {_value(value)}" for name, value in row.items())
    return ("{" + ", ".join(pairs) + "}\n").encode("ascii")


def _value(value: Any) -> str:
    if isinstance(value, float) and value in {float("inf"), float("-inf")}:
        return "9e999" if value > 0 else "-9e999"  # JSON has no word for it; every reader makes it infinite
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            value = value.encode("utf-8", "surrogateescape")
    return json.dumps({"base64": b64encode(value).decode()} if isinstance(value, bytes) else value)
