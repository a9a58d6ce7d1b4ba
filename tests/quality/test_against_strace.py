"""Does strace, a program that shares nothing with our supervisor, see the same operations, and leave the same tree when it kills?

strace counts calls by name, so each of our operations is told to it as the so many-th call of its name.
Its trap is heeded: with ``--seccomp-bpf`` an injected signal never comes, so each kill has to prove itself by its end.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from harness.case import record, run_with
from harness.draft import drafts, make_home
from harness.draws import drawn
from harness.fault import Fault, Recording
from harness.home import Home
from harness.sampling import sample
from harness.sandbox.choose import choose
from harness.sandbox.ended import Ran
from harness.sandbox.inside.operations import CALLS
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.scenario import Step, load_scenario
from harness.session_run import profile_for
from harness.sut import Profile
from harness.systems import pack

ROOT = Path(__file__).parents[2]
MIGRATE = Step(do="migrate")
POINTS = 6
LINE = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(?P<call>[a-z][a-z0-9_]*)\((?P<rest>.*)$")
ELSEWHERE = re.compile(r'AT_FDCWD<[^>]*>, "/')  # the current folder counts for relative paths alone
# Calls that look at files, name them to the kernel for later, or concern no file: none of them changes a tree.
LOOKING = frozenset(
    [
        "read",
        "readv",
        "pread64",
        "preadv",
        "preadv2",
        "lseek",
        "stat",
        "fstat",
        "lstat",
        "newfstatat",
        "statx",
        "access",
        "faccessat",
        "faccessat2",
        "readlink",
        "readlinkat",
        "getdents",
        "getdents64",
        "close",
        "close_range",
        "fcntl",
        "flock",
        "ioctl",
        "statfs",
        "fstatfs",
        "execve",
        "execveat",
        "chdir",
        "fchdir",
        "getcwd",
        "fadvise64",
        "dup",
        "dup2",
        "dup3",
        "munmap",
        "mprotect",
        "msync",
        "poll",
        "readahead",
        "getxattr",
        "lgetxattr",
        "fgetxattr",
        "listxattr",
        "inotify_add_watch",
        "utime_",
    ]
)
SAME = {
    **dict.fromkeys(("open", "openat", "creat"), "open"),
    **dict.fromkeys(("rename", "renameat", "renameat2"), "rename"),
    **dict.fromkeys(("unlink", "unlinkat", "rmdir"), "unlink"),
    **dict.fromkeys(("mkdir", "mkdirat"), "mkdir"),
    **dict.fromkeys(("link", "linkat"), "link"),
    **dict.fromkeys(("symlink", "symlinkat"), "symlink"),
    **dict.fromkeys(("fsync", "fdatasync"), "fsync"),
    **dict.fromkeys(("chmod", "fchmod", "fchmodat"), "chmod"),
    **dict.fromkeys(("chown", "fchown", "lchown", "fchownat"), "chown"),
    **dict.fromkeys(("utimensat", "utimes", "futimesat"), "utime"),
    **dict.fromkeys(("truncate", "ftruncate"), "truncate"),
    **dict.fromkeys(("pwrite64",), "pwrite"),
    **dict.fromkeys(("copy_file_range",), "copy"),
    **dict.fromkeys(("fallocate",), "allocate"),
}
pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only"),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


@dataclass(frozen=True)
class Subject:
    session: Session
    profile: Profile
    home: Home
    recording: Recording
    seen: list[tuple[str, str, int]]  # our name of it, strace's, and the so many-th of that name

    def traced(self, *options: str) -> Ran:
        """Runs the migration under strace on the home."""
        self.session.lay_out(self.home)
        argv = ["strace", "-f", "-qq", "-y", "-s", "0", *options, *self.profile.verbs["migrate"]]
        return self.session.run(argv, env=dict(self.profile.env), timeout=60)


def changing(root: str, said: str) -> Iterator[tuple[str, str, int]]:
    """Yields the calls that strace tells of and that may change the tree, however our supervisor is made."""
    counts: Counter[str] = Counter()
    for line in said.splitlines():
        found = LINE.match(line)
        if found is None or "resumed>" in line:
            continue
        call, rest = found["call"], ELSEWHERE.sub('"/', found["rest"])
        counts[call] += 1
        if call in LOOKING or root not in rest:
            continue
        if call in {"open", "openat"} and not ("O_CREAT" in rest or "O_TRUNC" in rest):
            continue
        if call == "mmap" and not ("MAP_SHARED" in rest and "PROT_WRITE" in rest):
            continue
        yield SAME.get(call, call), call, counts[call]


@pytest.fixture(scope="module", params=["ao", "ait42", "session-buddy"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    scenario = load_scenario(ROOT / f"scenarios/{request.param}-each-write-migrate.toml")
    system, profile = pack(scenario.system), profile_for(scenario.system, scenario.profile)
    with choose("bare").open() as session:
        home, _ = make_home(system, drawn(drafts(system, scenario), 0, 1)[0], session.root_for)
        recording, _ = record(MIGRATE, profile, session, before=home)
        found = Subject(session, profile, home, recording, [])
        ran = found.traced()
        assert ran.status == 0, ran.stderr[-500:]
        found.seen.extend(changing(home.root, ran.stderr.decode("utf-8", "replace")))
        yield found


def test_strace_sees_the_operations_that_we_record_and_no_others(subject: Subject) -> None:
    mapped = [call for ours, call, _ in subject.seen if ours == "mmap"]
    assert len(mapped) <= 4  # SQLite's -shm, which it rebuilds
    ours = [operation.name for operation in subject.recording.operations]
    assert [name for name, _, _ in subject.seen if name != "mmap"] == ours
    assert {name for name, _ in CALLS.values()} >= set(ours)


def test_a_kill_by_strace_leaves_the_tree_that_ours_leaves(subject: Subject) -> None:
    seen = [one for one in subject.seen if one[0] != "mmap"]
    faults = sample(list(subject.recording.kills()), subject.recording, POINTS, Random(1))
    for fault in faults:
        name, call, nth = seen[fault.at]
        ran = subject.traced("-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={nth}")
        assert ran.signal == 9 or ran.status == 137, f"{fault} ({name}) did not come about under strace"
        theirs = subject.session.observe()
        ours = run_with(
            fault, 0, MIGRATE, subject.profile, subject.session, before=subject.home, clean=theirs
        ).after
        assert unlike(theirs, ours) == [], fault


def test_an_error_by_strace_ends_as_ours_does(subject: Subject) -> None:
    seen = [one for one in subject.seen if one[0] != "mmap"]
    faults = [
        fault
        for fault in subject.recording.errors(["EIO"])
        if not fault.sticky and seen[fault.at][0] != "open"
    ]
    for fault in sample(faults, subject.recording, POINTS, Random(1)):
        _, call, nth = seen[fault.at]
        ran = subject.traced("-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={nth}")
        assert b"(INJECTED)" in ran.stderr, fault
        theirs = subject.session.observe()
        event = run_with(
            fault, 0, MIGRATE, subject.profile, subject.session, before=subject.home, clean=theirs
        )
        assert (ran.status, unlike(theirs, event.after)) == (event.status, []), fault


def unlike(theirs: Home, ours: Home) -> list[str]:
    """Returns what differs but for contents: names hold the time of a run, and SQLite's logs chance numbers."""

    def told(home: Home) -> Counter[tuple[str, str, int, int]]:
        return Counter(
            (
                re.sub(r"\d{8}T\d{6}Z", "T", path),
                entry.kind,
                entry.mode,
                0 if path.endswith("-shm") else entry.size,
            )
            for path, entry in home.entries.items()
        )

    one, other = told(theirs), told(ours)
    return [str(thing) for thing in [*(one - other), *(other - one)]]


def test_a_point_that_strace_does_not_reach_is_no_kill(subject: Subject) -> None:
    """So the proof that a kill came about can fail."""
    ran = subject.traced("-e", "trace=fsync", "-e", "inject=fsync:signal=KILL:when=9999")
    assert ran.status == 0
    assert str(Fault("kill", 9999)) == "kill@9999"
