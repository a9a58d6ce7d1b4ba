"""Files, treated as if both the disk and the home were out to get us. Every write of this package is here.

Reads never follow a link, never wait on a pipe and never exceed a bound. Writes reach the disk before
anything else relies on them: the file is forced, then the folder that names it.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator

from migrator.outcome import Refusal

CHUNK = 1 << 20
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}
NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class NotRegularError(OSError):
    """The path names a folder, a link, a pipe or a socket."""


class TooLargeError(OSError):
    """The file is larger than the bound."""


def inside(path: str, folder: str) -> bool:
    """Whether `path`, all links resolved, lies in `folder` or is it."""
    real, top = os.path.realpath(path), os.path.realpath(folder)
    return real == top or real.startswith(top.rstrip("/") + "/")


def open_regular(path: str) -> int:
    """A read-only descriptor of a regular file; the last part of the path is not followed.

    Raises NotRegularError for anything else, OSError as the system says.
    """
    if stat.S_ISREG(os.lstat(path).st_mode):  # first: opening a device can have effects
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            return fd
        os.close(fd)
    raise NotRegularError(errno.EINVAL, "not a regular file", path)


def read(path: str, bound: int) -> tuple[bytes, os.stat_result]:
    """All bytes of a regular file of at most `bound` bytes, with what the system says of it.

    Asks for no more memory than the file needs, however large the bound.
    """
    with open(open_regular(path), "rb") as stream:
        about = os.fstat(stream.fileno())
        data = stream.read(about.st_size + 1) if about.st_size <= bound else b""
        while about.st_size < len(data) <= bound and (more := stream.read(CHUNK)):  # it grows under our eyes
            data += more
    if about.st_size > bound or len(data) > bound:
        raise TooLargeError(errno.EFBIG, "too large", path)
    return data, about


def stamp(path: str) -> tuple[int, int, int] | None:
    """Size, time and inode of a path, to tell later whether it was written meanwhile; None if there is none."""
    try:
        about = os.lstat(path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ino


def digest(path: str) -> str:
    """SHA-256 of a regular file, in hex."""
    with open(open_regular(path), "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def equal(one: str, other: str) -> bool:
    """Whether two regular files hold the same bytes."""
    with open(open_regular(one), "rb") as left, open(open_regular(other), "rb") as right:
        if os.fstat(left.fileno()).st_size != os.fstat(right.fileno()).st_size:
            return False
        while block := left.read(CHUNK):
            if block != right.read(len(block)):
                return False
        return not right.read(1)


def sync_folder(path: str) -> None:
    """Names made or removed in the folder are on disk."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def force(path: str) -> None:
    """What was written to the file by others is on disk."""
    fd = open_regular(path)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def missing_folders(path: str) -> list[str]:
    """The folders that have to be made for `path` to be a folder, outermost first."""
    missing: list[str] = []
    while not os.path.lexists(path):
        missing.insert(0, path)
        path = os.path.dirname(path)
    return missing


def existing(path: str) -> str:
    """The nearest path on the way up that exists."""
    missing = missing_folders(path)
    return os.path.dirname(missing[0]) if missing else path


def make_folders(path: str, mode: int) -> None:
    """`path` is a folder, durably; folders that had to be made have `mode`."""
    for folder in missing_folders(path):
        try:
            os.mkdir(folder, mode)
        except FileExistsError:
            if not os.path.isdir(folder):  # another run was quicker
                raise
        sync_folder(os.path.dirname(folder))


def copy_new(
    source: str,
    target: str,
    mode: int,
    *,
    mtime_ns: int | None = None,
    owner: tuple[int, int] | None = None,
    part: tuple[int, int] | None = None,
    forced: bool = True,
    tick: Callable[[], None] = lambda: None,
) -> str:
    """`target`, new, holds the bytes of `source`, and its time unless told; gives their SHA-256. Raises FileExistsError.

    Of a `part` only its start and length. On disk if `forced`; the caller forces the folder. `tick` is called block by block.
    """
    total = hashlib.sha256()
    with open(open_regular(source), "rb") as reader, open(os.open(target, NEW, mode), "wb") as writer:
        start, left = part or (0, sys.maxsize)
        reader.seek(start)
        while block := reader.read(min(CHUNK, left)):
            total.update(block)
            writer.write(block)
            left -= len(block)
            tick()
        writer.flush()
        if owner:
            os.fchown(writer.fileno(), *owner)
        os.fchmod(writer.fileno(), mode)
        mtime = os.fstat(reader.fileno()).st_mtime_ns if mtime_ns is None else mtime_ns
        os.utime(writer.fileno(), ns=(mtime, mtime))
        if forced:
            os.fsync(writer.fileno())
    return total.hexdigest()


def write_new(path: str, data: bytes | Iterable[bytes]) -> str:
    """`path` holds exactly `data`, whole or in pieces, on disk under its name, its owner's only; gives the SHA-256."""
    remove(path + ".part")
    total = hashlib.sha256()
    with open(os.open(path + ".part", NEW, 0o600), "wb") as stream:
        for part in [data] if isinstance(data, bytes) else data:
            total.update(part)
            stream.write(part)
        stream.flush()
        os.fsync(stream.fileno())
    replace(path + ".part", path)
    return total.hexdigest()


def append_line(path: str, line: bytes) -> None:
    """The file, made if need be, ends in this line, on disk; a line torn by a crash is cut off."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b") as stream:
        whole = stream.read().rfind(b"\n") + 1
        stream.truncate(whole)
        stream.seek(whole)
        stream.write(line + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def replace(temporary: str, target: str) -> None:
    """`temporary` is now named `target`, in the same folder, on disk."""
    os.rename(temporary, target)
    sync_folder(os.path.dirname(target))


def publish(temporary: str, target: str) -> None:
    """`temporary` is now named `target`; raises FileExistsError rather than replace anything."""
    try:
        os.link(temporary, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, "exists", target) from error
        os.rename(temporary, target)
        return
    os.unlink(temporary)


def move_new(source: str, temporary: str, target: str) -> None:
    """A file of ours is now named `target`, on disk; by way of `temporary` when it lies on another disk.

    Raises FileExistsError rather than replace anything.
    """
    remove(temporary)
    try:
        publish(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        copy_new(source, temporary, os.stat(source).st_mode & 0o7777)
        publish(temporary, target)
        remove(source)
    sync_folder(os.path.dirname(target))


def move(path: str, folder: str) -> None:
    """The file is in our own folder, made if need be, under its own name, on disk, and no more where it was."""
    make_folders(folder, 0o700)
    target = os.path.join(folder, os.path.basename(path))
    try:
        os.rename(path, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        remove(target)
        copy_new(path, target, 0o600)
        sync_folder(folder)
        os.unlink(path)
    sync_folder(folder)
    sync_folder(os.path.dirname(path))


def remove(path: str) -> bool:
    """`path` is gone; whether it was there."""
    try:
        os.unlink(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def remove_folder(path: str) -> None:
    """The folder is gone, durably, unless something in it, or on it, is in use by others."""
    try:
        os.rmdir(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.EBUSY}:
            return
        raise
    sync_folder(os.path.dirname(path))


def remove_tree(path: str) -> None:
    """A folder of our own is gone with all it holds, if it was there; of a link, only the link."""
    if os.path.islink(path) or not os.path.isdir(path):
        remove(path)
        return
    for entry in list(os.scandir(path)):
        remove_tree(entry.path)
    os.rmdir(path)


def size_of(path: str) -> int:
    """The bytes of a file, or of all files in a folder of our own."""
    if os.path.islink(path) or not os.path.isdir(path):
        return os.lstat(path).st_size
    return sum(size_of(entry.path) for entry in os.scandir(path))


@contextlib.contextmanager
def held(folder: str) -> Iterator[None]:
    """No other migrator works on `folder` meanwhile; leaves no lock file. Raises Refusal."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = "Another migrator is at work on this home; wait until it has ended."
            raise Refusal("DB_LOCKED", message) from error
        yield
    finally:
        os.close(fd)
