"""Is what ext4 really leaves among the states that its model allows, and do both give the same verdicts on mistakes?

A program runs on an ext4 file system in an image; at each of its operations the image is copied, which is what a disk has
when the power goes there.  Each copy is mounted, which replays the journal, and looked at.  As root alone, and only when asked
for: ``pytest --real-fs tests/quality/test_real_power_cuts.py -m quality``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace

from harness.case import run_step
from harness.history import Event, History, Kill
from harness.home import Entry, Home
from harness.power import forced_by, state_key
from harness.replay import Course, course_of
from harness.result import judge_history
from harness.sandbox.choose import choose
from harness.sandbox.inside.picture import Picture
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.supervised import recording_of
from harness.verdict import Status

sys.path.insert(0, str(Path(__file__).parents[1] / "unit/core"))
sys.path.insert(0, str(Path(__file__).parents[1] / "variants"))

from cabinet_pack import CABINET
from detection import FOLDER, NUMBERS, UNDONE, Way, profile_of

BAD = {
    "none": False,
    "nothing-forced": True,
    "no-folder-forced": False,
    "renamed-unforced": True,
    "backup-folder-unforced": False,
    "marker-first": True,
}
_FEW = 6  # data changes of one file of which every part is tried


def trouble() -> str:
    """Returns why no file system can be mounted here, or nothing."""
    if os.geteuid() != 0:
        return "mounting needs root"
    absent = [tool for tool in ("mkfs.ext4", "mount", "umount", "losetup") if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} is not installed"
    return "" if Path("/dev/loop-control").exists() else "there are no loop devices"


@pytest.fixture(autouse=True)
def asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--real-fs"):
        pytest.skip("real file systems are mounted only with --real-fs")
    if why := trouble():
        pytest.skip(why)


pytestmark = [
    pytest.mark.quality,
    pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only"),
]


def call(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (argv, done.stderr)


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """The image is mounted meanwhile; its loop device goes with the mount."""
    place.mkdir(exist_ok=True)
    call("mount", "-o", "loop", "-t", "ext4", str(image), str(place))
    try:
        yield place
    finally:
        call("umount", str(place))


def seen(root: str, shown: str) -> Home:
    """Returns the tree that lies at a place, as a home at another root."""
    picture = Picture(root, set())
    home = Home.from_manifest(shown, picture.rows, type(Home.empty("/").blobs)())
    for digest, content in picture.blobs:
        home.blobs[digest] = content
    return home


@dataclass(frozen=True)
class Cuts:
    """A run on a real file system: its course, its length, and the tree on the disk before each operation and at the end."""

    home: Home
    course: Course
    length: int
    found: dict[int, Home]
    clean: Home


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory, so that copies of images cost little."""
    folder = Path("/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp") / f"power-cuts-{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def cut(variant: str, memory: Path) -> Cuts:
    image, place, out = memory / "disk.img", memory / "mounted", memory / "out"
    out.mkdir()
    with image.open("wb") as file:
        file.truncate(16 << 20)
    call("mkfs.ext4", "-q", "-O", "^metadata_csum_seed", str(image))
    with mounted(image, place):
        root = str(place / "u")
        home = CABINET.write(NUMBERS, root)
        os.mkdir(root, 0o700)
        Path(root, "legacy").write_bytes(home.content("legacy"))
        Path(root, "legacy").chmod(0o640)
        os.sync()
        argv = [sys.executable, "-I", "-S", str(FOLDER / "cabinet.py"), variant, "migrate"]
        call(sys.executable, str(FOLDER / "power_cuts.py"), root, str(image), str(out), *argv)
        clean = seen(root, root)
    assert (out / "status").read_text() == "0"
    recording = recording_of((out / "report").read_bytes(), root, home.blobs)
    length = len(recording.operations)
    found: dict[int, Home] = {}
    for at in range(length + 1):
        copy = out / ("end.img" if at == length else f"{at:04d}.img")
        with mounted(copy, memory / "look") as look:
            found[at] = seen(str(look / "u"), root)
    course = course_of(recording.pictures[0], recording.operations, recording.contents)
    return Cuts(home, course, length, found, clean)


def allowed(cuts: Cuts, at: int, found: Home) -> bool:
    """Tells whether the `ext4` model has the state: some prefix of the names, and of each file some of its bytes."""
    issued = [number for number, change in enumerate(cuts.course.changes) if change.at < at]
    forced = forced_by(cuts.course, issued, at, "ext4")
    open_ = [number for number in issued if number not in forced]
    ordered = [number for number in open_ if cuts.course.changes[number].sort != "data"]
    free = [number for number in open_ if cuts.course.changes[number].sort == "data"]
    owners = {cuts.course.changes[number].owner for number in free}
    wanted = files(found)
    for length in range(len(ordered) + 1):
        base = forced | set(ordered[:length])
        options: dict[str, set[Entry]] = {}
        for owner in owners or {-1}:
            own = [number for number in free if cuts.course.changes[number].owner == owner]
            others = [number for number in free if number not in own]
            for part in parts(own):
                for path, entry in files(cuts.course.tree(base | set(part) | set(others), found)).items():
                    options.setdefault(path, set()).add(entry)
        if options.keys() == wanted.keys() and all(wanted[path] in options[path] for path in wanted):
            return True
    return False


def parts(numbers: list[int]) -> Iterator[tuple[int, ...]]:
    """Yields parts of the changes: all of them where they are few, else what was written first."""
    if len(numbers) <= _FEW:
        for size in range(len(numbers) + 1):
            yield from combinations(numbers, size)
        return
    yield from (tuple(numbers[:size]) for size in range(len(numbers) + 1))


def files(home: Home) -> dict[str, Entry]:
    """Returns all entries but their times."""
    return {path: replace(entry, mtime_ns=0) for path, entry in home.entries.items()}


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with choose("embedded").open(support=FOLDER) as opened:
        yield opened


def bad_states(session: Session, variant: str, cuts: Cuts) -> list[str]:
    """Returns what is wrong with the states that were found, once the next run, or the way back, has settled them."""
    profile, bad, done = profile_of("cabinet", variant), [], set[tuple[int, bool]]()
    home = moved(cuts.home, session.root_for())
    for at, found in cuts.found.items():
        state, over = moved(found, home.root), at == cuts.length
        if (state_key(state), over) in done:
            continue
        done.add((state_key(state), over))
        for verbs in (("migrate", "migrate", "rollback"), UNDONE):
            scenario = Way({}, 0, verbs).scenario(every=True)
            kill = Kill(
                0.0, landed=True, clean=moved(cuts.clean, home.root), fault=f"ext4@{at}:real", over=over
            )
            first = Event(
                0,
                "migrate",
                "done" if over else "unknown",
                home,
                state,
                0 if over else None,
                None if over else 9,
                kill=kill,
            )
            session.lay_out(state)
            events, before = [first], state
            for number, step in list(enumerate(scenario.steps))[1:]:
                event, before = run_step(
                    number, step, CABINET, profile, session, before=before, random=Random(0)
                )
                events.append(event)
            verdict = judge_history(CABINET, profile, scenario, History(home, tuple(events)))
            assert verdict.status is not Status.UNKNOWN or verdict.failed, verdict
            bad += [f"{at} {found.claim}: {found.subject}" for found in verdict.findings[:1]]
    return bad


def moved(home: Home, root: str) -> Home:
    return Home(root, home.entries, home.blobs)


@pytest.mark.parametrize("variant", BAD)
def test_what_ext4_leaves_is_allowed_by_its_model_and_judged_alike(
    variant: str, session: Session, memory: Path
) -> None:
    cuts = cut(variant, memory)
    assert [at for at, found in cuts.found.items() if not allowed(cuts, at, found)] == []
    bad = bad_states(session, variant, cuts)
    assert bool(bad) == BAD[variant], bad


def test_nothing_stays_mounted(memory: Path) -> None:
    image = memory / "disk.img"
    with image.open("wb") as file:
        file.truncate(16 << 20)
    call("mkfs.ext4", "-q", str(image))
    with pytest.raises(RuntimeError), mounted(image, memory / "look"):
        raise RuntimeError
    assert str(memory) not in Path("/proc/mounts").read_text()
    told = subprocess.run(["losetup", "-l"], capture_output=True, text=True, check=True)
    assert str(image) not in told.stdout
