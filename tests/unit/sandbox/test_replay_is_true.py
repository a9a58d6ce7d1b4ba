"""What is replayed is what the kernel made of it: random programs, compared with a picture before each of their operations."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from random import Random

import pytest

from harness.course import Course, ReplayError
from harness.home import Blobs, Home
from harness.power import state_of, survivors
from harness.replay import course_of, unlike
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.supervised import RECORD_DATA, recording_of

pytestmark = pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only")

PREAMBLE = """
import contextlib, ctypes, mmap, os, shutil, stat
libc = ctypes.CDLL(None, use_errno=True)

def opened(path, flags):
    return os.open(path, flags, 0o640)

@contextlib.contextmanager
def file(path, flags=os.O_RDWR | os.O_CREAT):
    fd = opened(path, flags)
    try:
        yield fd
    finally:
        os.close(fd)

def exchanged(one, other, flags):
    libc.renameat2(-100, one.encode(), -100, other.encode(), flags)

def allocated(fd, how, start, length):
    libc.fallocate(fd, how, ctypes.c_long(start), ctypes.c_long(length))

def by_struct(path, flags):
    how = (ctypes.c_uint64 * 3)(flags, 0o600, 0)
    fd = libc.syscall(437, -100, path.encode(), ctypes.byref(how), 24)
    if fd >= 0:
        os.write(fd, b"by struct")
        os.close(fd)

def nameless(folder, name):
    with file(folder, os.O_TMPFILE | os.O_RDWR) as fd:
        os.write(fd, b"had no name")
        os.fchmod(fd, 0o604)
        os.link(f"/proc/self/fd/{fd}", name, follow_symlinks=True)
        os.write(fd, b", has one")
"""

STATEMENTS: tuple[str, ...] = (
    "with file({a}) as fd: os.write(fd, {data}); os.pwrite(fd, {data}, {place}); os.fsync(fd)",
    "with file({a}, os.O_WRONLY | os.O_APPEND) as fd: os.write(fd, {data}); os.pwrite(fd, b'at the end', 2)",
    "with file({a}, os.O_WRONLY | os.O_TRUNC) as fd: os.writev(fd, [{data}, b'-', {data}]); os.fdatasync(fd)",
    "with file({a}) as fd: os.pwritev(fd, [{data}, b'+'], {place}); os.pwritev(fd, [b'dsync'], 3, os.RWF_DSYNC)",
    "with file({a}) as fd: os.lseek(fd, {place}, 0); os.write(fd, b'beyond'); os.ftruncate(fd, {length})",
    "with file({a}) as fd, file({b}) as to: os.sendfile(to, fd, 1, 50); os.copy_file_range(fd, to, 9, 0, {place})",
    "with file({a}) as fd: os.posix_fallocate(fd, {place}, {length})",
    "with file({a}) as fd: allocated(fd, 1, {place}, 9000); allocated(fd, 3, {place}, {length})",
    "os.truncate({a}, {length})",
    "os.rename({a}, {b})",
    "os.replace({d}, 'moved' + {d}); os.rename('moved' + {d}, {d})",
    "exchanged({a}, {b}, 2)",
    "exchanged({d}, {a}, 2)",
    "exchanged({a}, {b}, 1)",
    "os.link({a}, {b})",
    "os.link({s}, {a}, follow_symlinks=False)",
    "os.symlink({a}, {s})",
    "os.unlink({a})",
    "os.unlink({s})",
    "os.mkdir({d}, 0o750)",
    "os.mkdir({d} + '/inner')",
    "os.rmdir({d} + '/inner')",
    "shutil.rmtree({d})",
    "os.chmod({a}, 0o4755); os.chmod({d}, 0o711)",
    "os.chmod({s}, 0o600)",
    "os.chown({a}, os.getuid(), os.getgid())",
    "os.utime({a}, ns=(5, {place} * 10**9 + 7))",
    "os.utime({s}, ns=(1, 2), follow_symlinks=False); os.utime({d}, ns=(3, {length}))",
    "with file({s}) as fd: os.write(fd, b'through a link'); os.utime(fd, ns=(8, 9))",
    "shutil.copy2({a}, {b}); shutil.copytree({d}, {d} + '-copy')",
    "os.mkfifo({b})",
    "os.mknod({b}, 0o600 | stat.S_IFREG)",
    "nameless('.', {a})",
    "by_struct({a}, os.O_CREAT | os.O_WRONLY); by_struct({b}, os.O_WRONLY | os.O_TRUNC)",
    "fd = opened({a}, os.O_RDWR); os.unlink({a}); os.write(fd, {data}); os.fchmod(fd, 0o622); os.close(fd)",
    "fd = opened({a}, os.O_RDWR); os.rename({a}, {b}); os.write(fd, {data}); os.close(fd)",
    "os.chdir({d}); os.symlink('../' + {a}, 'up'); os.mkdir('in-it'); os.chdir(os.environ['HOME'])",
    "open({d} + '/up', 'ab').write({data})",
    "os.sync()",
)


def program(seed: int, lines: int = 40) -> str:
    random = Random(seed)
    names, folders, links = ["a", "b", "d1/c"], ["d1", "d2"], ["s1", "d1/s2"]

    def value(kind: str) -> str:
        made: dict[str, Callable[[], object]] = {
            "a": lambda: random.choice(names),
            "b": lambda: random.choice([*names, "new", "d2/new"]),
            "d": lambda: random.choice(folders),
            "s": lambda: random.choice(links),
            "data": lambda: bytes(random.randrange(65, 90) for _ in range(random.randrange(1, 60))),
            "place": lambda: random.randrange(5000),
            "length": lambda: random.randrange(100),
        }
        return repr(made[kind]())

    text = [textwrap.dedent(PREAMBLE)]
    for _ in range(lines):
        line = random.choice(STATEMENTS)
        for kind in ("a", "b", "d", "s", "data", "place", "length"):
            line = line.replace(f"{{{kind}}}", value(kind))
        text.append(f"try:\n    {line}\nexcept (OSError, shutil.Error): pass")
        text.append("os.chdir(os.environ['HOME'])")
    return "\n".join(text)


def start(session: Session) -> Home:
    home = Home.empty(session.root_for(), mtime_ns=10**18).with_file("a", b"first", mode=0o644)
    return home.with_file("d1/c", b"c" * 5000).with_link("s1", "a").with_file("b", b"second", mtime_ns=17)


def course_for(session: Session, text: str) -> tuple[Course, dict[int, Home], int]:
    """The program's changes, the pictures of its run by the kernel, and how many operations it had."""
    home = start(session)
    session.lay_out(home)
    ran = session.run(["python3", "-c", text], timeout=60, orders=dict(RECORD_DATA))
    assert ran.status == 0, ran.stderr
    recording = recording_of(ran.told, home.root, Blobs(home.blobs))
    course = course_of(home, recording.operations, recording.contents)
    return course, dict(recording.pictures), len(recording.operations)


@pytest.mark.parametrize("seed", range(8))
def test_each_beginning_of_a_random_program_is_replayed_as_the_kernel_left_it(
    session: Session, seed: int
) -> None:
    course, pictures, count = course_for(session, program(seed))
    assert count > 10
    assert max(pictures) <= count
    assert list(unlike(course, pictures)) == []


@pytest.mark.parametrize("line", STATEMENTS)
def test_each_kind_of_statement_is_replayed(session: Session, line: str) -> None:
    given = {"a": "a", "b": "new", "d": "d1", "s": "s1", "data": b"data", "place": 4000, "length": 50}
    for kind, value in given.items():
        line = line.replace(f"{{{kind}}}", repr(value))
    text = textwrap.dedent(PREAMBLE) + f"\ntry:\n    {line}\nexcept (OSError, shutil.Error): pass\n"
    course, pictures, _ = course_for(session, text)
    assert list(unlike(course, pictures)) == []


def test_every_state_of_a_random_program_can_be_laid_out_and_is_found_so(session: Session) -> None:
    course, pictures, count = course_for(session, program(3, lines=12))
    for found in list(survivors(course, count, "strict"))[::25]:
        state = state_of(course, found, pictures)
        session.lay_out(state)
        assert list(state.changes_to(session.observe(), times=True)) == []


def mapped(path: str) -> str:
    return f"""
    with file({path!r}) as fd:
        os.ftruncate(fd, 4096)
        with mmap.mmap(fd, 4096) as seen:
            seen[:4] = b"seen"
    """


def test_what_is_written_through_a_memory_mapping_is_told_however_late_it_comes(session: Session) -> None:
    course, pictures, count = course_for(session, PREAMBLE + textwrap.dedent(mapped("a")))
    assert list(unlike(course, pictures)) == [(count, "a: changed in content, mtime_ns")]
    course, pictures, _ = course_for(session, PREAMBLE + textwrap.dedent(mapped("b-shm")))
    assert list(unlike(course, pictures)) == []  # SQLite's, beside its database
    course, pictures, _ = course_for(session, PREAMBLE + textwrap.dedent(mapped("nobodys-shm")))
    assert list(unlike(course, pictures)) != []


def trouble(session: Session, line: str) -> str:
    """Why a run of this line cannot be replayed; nothing if it can."""
    try:
        course, pictures, _ = course_for(session, PREAMBLE + f"\ntry:\n    {line}\nexcept OSError: pass\n")
    except ReplayError as error:
        return str(error)
    return "; ".join(what for _, what in unlike(course, pictures))


REFUSED = {
    "os.setxattr('a', 'user.told', b'x')": "extended attributes",
    "os.chown('a', 1, 1)": "owners",
    "os.rename('a', os.environ['TMPDIR'] + '/a')": "border",
    "exchanged('a', 'new', 4)": "device",
    "with file('a') as fd: allocated(fd, 0x20, 0, 4096)": "allocation",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_no_picture_shows_is_refused_by_name(session: Session, line: str) -> None:
    why = trouble(session, line)
    assert REFUSED[line] in why or not why  # where this file system or user cannot do it
