"""Many small files as one: a plain tar file that every tar reads, written once, forced once and read back.

Copies of thousands of small files cost mostly the making and forcing of files; one archive costs a third. What tar
cannot say exactly (times below a second, large owners) is in what `write` gives, to be kept in the manifest.

Layout: POSIX.1-1988 `ustar`, with GNU's `././@LongLink` for long names, which need not be UTF-8.
"""

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
HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x")


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
    root, frame = root_of(paths), hashlib.sha256()
    before = {path: files.stamp(path) for path in paths}
    with open(os.open(archive, files.NEW, 0o600), "wb", BUFFER) as tar:
        saved = [_add(tar, frame, path, os.path.relpath(path, root)) for path in paths]
        end = bytes(2 * BLOCK)
        frame.update(end)
        tar.write(end)
        tar.flush()
        os.fsync(tar.fileno())
    for path in paths:
        if files.stamp(path) != before[path]:
            raise OSError(errno.EBUSY, "changed while it was being copied", path)
    return saved, frame.hexdigest()


def _add(tar: IO[bytes], frame: "hashlib._Hash", path: str, name: str) -> Saved:
    try:
        about = os.lstat(path)
    except FileNotFoundError:
        return Saved(path)
    mode = stat.S_IMODE(about.st_mode)
    facts = mode, about.st_mtime_ns, about.st_uid, about.st_gid
    if stat.S_ISLNK(about.st_mode):
        target = os.readlink(path)
        head = _head(LINK, name, target, 0, facts)
        frame.update(head)
        tar.write(head)
        return Saved(path, name, None, 0, *facts, tar.tell(), target)
    fd = files.open_regular(path)
    try:
        size = os.fstat(fd).st_size
        head = _head(FILE, name, "", size, facts)
        frame.update(head)
        tar.write(head)
        offset, total, left = tar.tell(), hashlib.sha256(), size
        while left and (block := os.read(fd, min(left, BUFFER))):
            total.update(block)
            tar.write(block)
            left -= len(block)
    finally:
        os.close(fd)
    if left:
        raise OSError(errno.EBUSY, "became shorter while it was being copied", path)
    filling = bytes(-size % BLOCK)
    frame.update(filling)
    tar.write(filling)
    return Saved(path, name, total.hexdigest(), size, *facts, offset)


def _head(kind: bytes, name: str, target: str, size: int, facts: tuple[int, int, int, int]) -> bytes:
    """The blocks before a content: long names as entries of their own, then the header."""
    mode, mtime_ns, uid, gid = facts
    if size > SIZE_MAX:
        raise OSError(errno.EFBIG, "too large for an archive of small files", name)
    long = b""
    for text, mark in ((os.fsencode(target), LONG_TARGET), (os.fsencode(name), LONG_NAME)):
        if len(text) > NAME_MAX:
            text_size = len(text) + 1
            long += _block(mark, b"././@LongLink", b"", (0o644, 0, 0, text_size, 0))
            long += text + bytes(1 + -text_size % BLOCK)
    seconds = min(max(mtime_ns // 10**9, 0), TIME_MAX)
    owner = uid if uid <= OWNER_MAX else 0
    group = gid if gid <= OWNER_MAX else 0
    numbers = mode, owner, group, size, seconds
    return long + _block(kind, os.fsencode(name)[:NAME_MAX], os.fsencode(target)[:NAME_MAX], numbers)


def _block(kind: bytes, name: bytes, target: bytes, numbers: tuple[int, int, int, int, int]) -> bytes:
    mode, uid, gid, size, seconds = numbers
    fields = [
        name, b"%07o" % mode, b"%07o" % uid, b"%07o" % gid, b"%011o" % size, b"%011o" % seconds, b" " * 8, kind,
        target, b"ustar", b"00", b"", b"", b"%07o" % 0, b"%07o" % 0, b"",
    ]  # fmt: skip
    fields[6] = b"%06o\0 " % sum(HEADER.pack(*fields))
    return HEADER.pack(*fields)


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
