"""Many small files in one: a copy of each is appended, and an index with their digests is written last.

One file to force to disk instead of thousands. What is read back is compared with the index every time.
"""

import hashlib
import json
import os
from datetime import UTC, datetime
from typing import NamedTuple, Self

from migrator import files
from migrator.outcome import Refusal

PACK, INDEX = "files.pack", "files.json"
BUFFER = 1 << 20  # bytes
RESTORE = """\
# files.pack holds the legacy files as they were read, one after the other; files.json says which and where.
# The migration does not change them. To get one back where it is missing, here with its name:
#   python3 -c 'import json,sys; e=json.load(open("files.json"))["files"][sys.argv[1]]; f=open("files.pack","rb")
#   f.seek(e[0]); sys.stdout.buffer.write(f.read(e[1]))' NAME > NAME
"""


class Entry(NamedTuple):
    """Where a file lies in the pack, and how it was."""

    offset: int
    size: int
    sha256: str
    mode: int
    mtime_ns: int


class Writer:
    """A pack in the making, in a folder that exists; without `finish` it never becomes one."""

    def __init__(self, folder: str) -> None:
        self._folder, self.entries, self._at = folder, dict[str, Entry](), 0
        fd = os.open(os.path.join(folder, PACK), files.NEW, 0o600)
        self._stream = open(fd, "wb", buffering=BUFFER)  # noqa: SIM115 - closed on leaving

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def add(self, name: str, data: bytes, about: os.stat_result) -> None:
        """The file is in the pack; on disk once it is finished."""
        self._stream.write(data)
        sha = hashlib.sha256(data).hexdigest()
        self.entries[name] = Entry(self._at, len(data), sha, about.st_mode & 0o7777, about.st_mtime_ns)
        self._at += len(data)

    def finish(self, now: datetime) -> None:
        """The pack and its index are on disk."""
        self._stream.flush()
        os.fsync(self._stream.fileno())
        index = {"made": now.astimezone(UTC).isoformat(), "files": self.entries}
        files.write_new(os.path.join(self._folder, INDEX), json.dumps(index).encode("ascii"))


class Pack:
    """A finished pack; `entries` by name. Raises Refusal when it cannot be read."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, PACK)
        try:
            data, _ = files.read(os.path.join(folder, INDEX), 1 << 30)
            self.entries = {name: Entry(*entry) for name, entry in json.loads(data)["files"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._damaged(str(error)) from error

    def _damaged(self, why: str) -> Refusal:
        return Refusal("BACKUP_INVALID", f"The backup {self._path} cannot be used: {why}.")

    def read(self, name: str) -> bytes:
        """The bytes of one file, found equal to the index. Raises Refusal, KeyError."""
        entry = self.entries[name]
        try:
            with open(self._path, "rb", buffering=0) as stream:
                stream.seek(entry.offset)
                data = stream.read(entry.size)
        except OSError as error:
            raise self._damaged(str(error)) from error
        if hashlib.sha256(data).hexdigest() != entry.sha256:
            raise self._damaged(f"the copy of {name} is damaged")
        return data

    def check(self) -> None:
        """Every copy is equal to the index. Raises Refusal."""
        for name in self.entries:
            self.read(name)
