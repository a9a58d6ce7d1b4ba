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
HEADER, USTAR = struct.Struct("100s24s24s8s1s100s8s247x"), b"ustar\00000"

Stamp = tuple[int, int, int, int]  # size, time of contents, time of change, inode
Facts = tuple[int, int, int, int]  # mode, time in ns, user, group


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
    folders = _folders(paths)
    for folder in folders:
        if not os.path.isabs(folder) or os.path.realpath(folder) != folder:
            raise OSError(errno.ELOOP, "the way to it leads through a link, or is not clean", folder)
    return os.path.commonpath(folders)


def write(archive: str, paths: list[str]) -> tuple[list[Saved], str]:
    """`archive`, new, on disk, holds those of `paths` that exist, files and links; gives them and its frame.

    The *frame* is the SHA-256 of all its bytes but the contents. Raises OSError when a path is anything else, or
    was written to meanwhile.
    """
    start = len(root_of(paths).rstrip("/")) + 1
    there = {entry.path: entry for entry in _entries(paths)}
    with open(os.open(archive, files.NEW, 0o600), "wb", BUFFER) as stream:
        tar = _Tar(stream)
        stamps = [tar.add(path, path[start:], there.get(path)) for path in paths]
        frame = tar.finish()
        os.fsync(stream.fileno())
    for path, stamp in zip(paths, stamps, strict=True):
        if _stamp_of(path) != stamp:
            raise OSError(errno.EBUSY, "changed while it was being copied", path)
    return tar.saved, frame


def _folders(paths: list[str]) -> set[str]:
    return {path.rpartition("/")[0] or "/" for path in paths}


def _entries(paths: list[str]) -> Iterator[os.DirEntry[str]]:
    """All that lies in the folders of `paths`: to ask by folder is quickest."""
    for folder in _folders(paths):
        with contextlib.suppress(FileNotFoundError), os.scandir(folder) as entries:
            yield from entries


def _stamp(about: os.stat_result) -> Stamp:
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def _stamp_of(path: str) -> Stamp | None:
    try:
        return _stamp(os.lstat(path))
    except FileNotFoundError:
        return None


class _Tar:
    """A tar under construction."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at, self._filling = stream, 0, b""
        self._frame, self._header, self.saved = hashlib.sha256(), _Header(), list[Saved]()

    def surround(self, blocks: bytes) -> None:
        """The blocks come after what fills the last one of the content before them."""
        blocks = self._filling + blocks
        self._frame.update(blocks)
        self._stream.write(blocks)
        self._at, self._filling = self._at + len(blocks), b""

    def finish(self) -> str:
        """The archive is whole, and with the system; gives its frame."""
        self.surround(bytes(2 * BLOCK))
        self._stream.flush()
        return self._frame.hexdigest()

    def add(self, path: str, name: str, entry: os.DirEntry[str] | None) -> Stamp | None:
        """The path is in the archive, if it exists; gives its stamp as it was read."""
        if entry is None:
            self.saved.append(Saved(path))
            return None
        if entry.is_symlink():
            target, about = os.readlink(path), entry.stat(follow_symlinks=False)
            facts = _facts(about)
            self.surround(self._header.blocks(LINK, name, target, 0, facts))
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
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode):
            raise files.NotRegularError(errno.EINVAL, "neither a regular file nor a link", path)
        facts, size = _facts(about), about.st_size
        self.surround(self._header.blocks(FILE, name, "", size, facts))
        block = os.read(fd, min(size, BUFFER))
        total, left = hashlib.sha256(block), size - len(block)
        self._stream.write(block)
        while left and (block := os.read(fd, min(left, BUFFER))):
            total.update(block)
            self._stream.write(block)
            left -= len(block)
        if left:
            raise OSError(errno.EBUSY, "became shorter while it was being copied", path)
        self.saved.append(Saved(path, name, total.hexdigest(), size, *facts, self._at))
        self._at += size
        self._filling = bytes(-size % BLOCK)
        return _stamp(about)


def _facts(about: os.stat_result) -> Facts:
    return stat.S_IMODE(about.st_mode), about.st_mtime_ns, about.st_uid, about.st_gid


class _Header:
    """Blocks before contents. Most of a block is the same for all files of one owner, and is put together once."""

    def __init__(self) -> None:
        self._owned: dict[tuple[int, ...], tuple[bytes, int]] = {}

    def blocks(self, kind: bytes, name: str, target: str, size: int, facts: Facts) -> bytes:
        """The blocks before a content: long names as entries of their own, then the header."""
        mode, mtime_ns, uid, gid = facts
        if size > SIZE_MAX:
            raise OSError(errno.EFBIG, "too large for an archive of small files", name)
        named, leads, long = os.fsencode(name), os.fsencode(target) if target else b"", b""
        if len(named) > NAME_MAX or len(leads) > NAME_MAX:
            for text, mark in ((leads, LONG_TARGET), (named, LONG_NAME)):
                if len(text) > NAME_MAX:
                    length = len(text) + 1
                    long += self._block(mark, b"././@LongLink", b"", (0o644, 0, 0), (length, 0))
                    long += text + bytes(1 + -length % BLOCK)
            named, leads = named[:NAME_MAX], leads[:NAME_MAX]
        owned = (mode, uid if uid <= OWNER_MAX else 0, gid if gid <= OWNER_MAX else 0)
        seconds = min(max(mtime_ns // 10**9, 0), TIME_MAX)
        return long + self._block(kind, named, leads, owned, (size, seconds))

    def _block(
        self, kind: bytes, name: bytes, target: bytes, owned: tuple[int, int, int], figures: tuple[int, int]
    ) -> bytes:
        if owned not in self._owned:
            fixed = b"%07o\0%07o\0%07o\0" % owned
            self._owned[owned] = fixed, sum(fixed + b" " * 8 + USTAR)
        fixed, check = self._owned[owned]
        told = b"%011o\0%011o\0" % figures  # size, time
        check += sum(name + told + kind + target)
        return HEADER.pack(name, fixed, told, b"%06o\0 " % check, kind, target, USTAR)


def broken(archive: str, saved: list[Saved], frame: str) -> Iterator[str]:
    """The names of what differs in the archive from what was saved. Raises OSError when it cannot be read."""
    around, at = hashlib.sha256(), 0
    with open(files.open_regular(archive), "rb", BUFFER) as tar:
        for one in saved:
            if one.offset is None or one.name is None:
                continue
            around.update(tar.read(one.offset - at))
            block = tar.read(min(one.size, BUFFER))
            total, left = hashlib.sha256(block), one.size - len(block)
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
