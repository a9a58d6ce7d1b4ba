"""Many small files as one: a plain tar file that every tar reads, written once, forced once and read back.

Copies of thousands of small files cost mostly the making and forcing of files; one archive costs a third. What tar
cannot say exactly (times below a second, large owners) is in what `write` gives, to be kept in the manifest.

Layout: POSIX.1-1988 `ustar`, with GNU's `././@LongLink` for long names, which need not be UTF-8.
"""

import contextlib
import errno
import hashlib
import os
import stat
import struct
from collections.abc import Iterator
from typing import IO, NamedTuple

from migrator import files

BLOCK, BUFFER = 512, 1 << 20
NAME_MAX, OWNER_MAX, TIME_MAX, SIZE_MAX = 100, 8**7 - 1, 8**11 - 1, 8**11 - 1
FILE, LINK, LONG_NAME, LONG_TARGET = b"0", b"2", b"L", b"K"
HEADER, USTAR = struct.Struct("100s48s8s1s100s8s247x"), b"ustar\00000"

Stamp = tuple[int, int, int, int]


class Saved(NamedTuple):
    """One path as it was; `name` is its copy's, None when it did not exist; `target` a link's.

    In an archive, `name` is relative to the archive's root, and `offset` is where its content begins.
    """

    path: str
    name: str | None = None
    sha256: str | None = None
    size: int = 0
    mode: int = 0
    mtime_ns: int = 0
    uid: int = 0
    gid: int = 0
    offset: int | None = None
    target: str | None = None


def root_of(paths: list[str]) -> str:
    """The folder below which all of `paths` lie; they are absolute, and lead through no link. Raises OSError."""
    folders = {os.path.dirname(path) for path in paths}
    for folder in folders:
        if not os.path.isabs(folder) or os.path.realpath(folder) != folder:
            raise OSError(errno.ELOOP, "the way to it leads through a link, or is not clean", folder)
    return os.path.commonpath(folders)


def write(archive: str, paths: list[str]) -> tuple[list[Saved], str]:
    """`archive`, new, on disk, holds those of `paths` that exist, files and links; gives them and its frame.

    The *frame* is the SHA-256 of all its bytes but the contents. Raises OSError when a path is anything else, or
    was written to meanwhile.
    """
    above = root_of(paths).rstrip("/") + "/"
    there = {entry.path: entry for entry in _entries(paths)}
    with open(os.open(archive, files.NEW, 0o600), "wb", BUFFER) as stream:
        tar = _Tar(stream)
        stamps = {path: tar.add(path, path.removeprefix(above), there.get(path)) for path in paths}
        tar.surround(bytes(2 * BLOCK))
        stream.flush()
        os.fsync(stream.fileno())
    now = {entry.path: _stamp(entry.stat(follow_symlinks=False)) for entry in _entries(paths)}
    for path, stamp in stamps.items():
        if now.get(path) != stamp:
            raise OSError(errno.EBUSY, "changed while it was being copied", path)
    return tar.saved, tar.frame.hexdigest()


def _entries(paths: list[str]) -> Iterator[os.DirEntry[str]]:
    """All that lies in the folders of `paths`: to ask by folder is quickest."""
    for folder in {os.path.dirname(path) for path in paths}:
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            yield from entries


def _stamp(about: os.stat_result) -> Stamp:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


class _Tar:
    """A tar under construction."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at, self._filling = stream, 0, b""
        self.frame, self.saved = hashlib.sha256(), list[Saved]()

    def surround(self, blocks: bytes) -> None:
        """The blocks come after what fills the last one of the content before them."""
        blocks = self._filling + blocks
        self.frame.update(blocks)
        self._stream.write(blocks)
        self._at, self._filling = self._at + len(blocks), b""

    def add(self, path: str, name: str, entry: os.DirEntry[str] | None) -> Stamp | None:
        """The path is in the archive, if it exists; gives its stamp as it was read."""
        if entry is None:
            self.saved.append(Saved(path))
            return None
        if entry.is_symlink():
            target, about = os.readlink(path), entry.stat(follow_symlinks=False)
            facts = _facts(about)
            self.surround(_head(LINK, name, target, 0, facts))
            self.saved.append(Saved(path, name, None, 0, *facts, self._at, target))
            return _stamp(about)
        if not entry.is_file(follow_symlinks=False):
            raise files.NotRegularError(errno.EINVAL, "neither a regular file nor a link", path)
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            return self._content(fd, path, name)
        finally:
            os.close(fd)

    def _content(self, fd: int, path: str, name: str) -> Stamp:
        about, total = os.fstat(fd), hashlib.sha256()
        if not stat.S_ISREG(about.st_mode):
            raise files.NotRegularError(errno.EINVAL, "neither a regular file nor a link", path)
        facts, left = _facts(about), about.st_size
        self.surround(_head(FILE, name, "", left, facts))
        offset = self._at
        while left and (block := os.read(fd, min(left, BUFFER))):
            total.update(block)
            self._stream.write(block)
            left -= len(block)
        if left:
            raise OSError(errno.EBUSY, "became shorter while it was being copied", path)
        self._at += about.st_size
        self._filling = bytes(-about.st_size % BLOCK)
        self.saved.append(Saved(path, name, total.hexdigest(), about.st_size, *facts, offset))
        return _stamp(about)


def _facts(about: os.stat_result) -> tuple[int, int, int, int]:
    return stat.S_IMODE(about.st_mode), about.st_mtime_ns, about.st_uid, about.st_gid


def _head(kind: bytes, name: str, target: str, size: int, facts: tuple[int, int, int, int]) -> bytes:
    """The blocks before a content: long names as entries of their own, then the header."""
    mode, mtime_ns, uid, gid = facts
    if size > SIZE_MAX:
        raise OSError(errno.EFBIG, "too large for an archive of small files", name)
    named, leads, long = os.fsencode(name), os.fsencode(target), b""
    for text, mark in ((leads, LONG_TARGET), (named, LONG_NAME)):
        if len(text) > NAME_MAX:
            length = len(text) + 1
            long += _block(mark, b"././@LongLink", b"", (0o644, 0, 0, length, 0))
            long += text + bytes(1 + -length % BLOCK)
    owners = (owner if owner <= OWNER_MAX else 0 for owner in (uid, gid))
    seconds = min(max(mtime_ns // 10**9, 0), TIME_MAX)
    return long + _block(kind, named[:NAME_MAX], leads[:NAME_MAX], (mode, *owners, size, seconds))


def _block(kind: bytes, name: bytes, target: bytes, numbers: tuple[int, ...]) -> bytes:
    mode, uid, gid, size, seconds = numbers
    text = b"%07o\0%07o\0%07o\0%011o\0%011o\0" % (mode, uid, gid, size, seconds)
    check = sum(map(sum, (name, text, b" " * 8, kind, target, USTAR)))
    return HEADER.pack(name, text, b"%06o\0 " % check, kind, target, USTAR)


def broken(archive: str, saved: list[Saved], frame: str) -> Iterator[str]:
    """The names of what differs in the archive from what was saved. Raises OSError when it cannot be read."""
    around, at = hashlib.sha256(), 0
    with open(files.open_regular(archive), "rb", BUFFER) as tar:
        for one in saved:
            if one.offset is None or one.name is None:
                continue
            around.update(tar.read(one.offset - at))
            total, left = hashlib.sha256(), one.size
            while left and (block := tar.read(min(left, BUFFER))):
                total.update(block)
                left -= len(block)
            if left or one.sha256 not in {None, total.hexdigest()}:
                yield one.name
            at = one.offset + one.size
        while block := tar.read(BUFFER):
            around.update(block)
    if around.hexdigest() != frame:
        yield os.path.basename(archive)
