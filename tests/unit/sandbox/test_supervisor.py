"""Programs under supervision: every operation on the home is counted, and each may be the place of a fault."""

from __future__ import annotations

import json
import textwrap
from typing import Any

import pytest

from harness.home import Home
from harness.sandbox.channel import SandboxError
from harness.sandbox.ended import Ran
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.supervised import RECORD, another_of, fired_of, recording_of, refused_of

pytestmark = pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only")

WORK = """
    import os
    os.mkdir("d")
    with open("d/a", "w") as file:
        file.write("12345678")
        file.flush()
        os.fsync(file.fileno())
    os.rename("d/a", "d/b")
    print("done")
"""
OPERATIONS = ["mkdir d", "open d/a", "write d/a", "fsync d/a", "rename d/a d/b"]


def supervised(session: Session, program: str, home: Home | None = None, **orders: Any) -> Ran:
    session.lay_out(home or Home.empty(session.root_for()))
    argv = ["python3", "-c", textwrap.dedent(program)]
    return session.run(argv, timeout=30, orders={"act": "record", "at": -1, **orders})


def operations(ran: Ran) -> list[str]:
    rows = json.loads(ran.told.partition(b"\n")[0])["operations"]
    return [" ".join([name, *(str(path) for path in paths)]) for name, paths, _ in rows]


def test_what_changes_the_home_is_recorded_in_order_and_nothing_else(session: Session) -> None:
    ran = supervised(
        session,
        "import os; open(os.environ['TMPDIR'] + '/elsewhere', 'w').write('x')" + textwrap.dedent(WORK),
    )
    assert (ran.status, ran.stdout, ran.stderr) == (0, b"done\n", b"")
    assert operations(ran) == OPERATIONS


def test_threads_and_children_and_what_they_start_are_recorded_too(session: Session) -> None:
    ran = supervised(
        session,
        """
        import os, shutil, subprocess, threading
        thread = threading.Thread(target=os.mkdir, args=("by-thread",))
        thread.start(); thread.join()
        if os.fork() == 0:
            os.mkdir("by-child"); os._exit(0)
        os.wait()
        subprocess.run(["python3", "-c", "import os; os.mkdir('by-program')"], check=True)
        """,
    )
    assert ran.status == 0, ran.stderr
    assert operations(ran) == ["mkdir by-thread", "mkdir by-child", "mkdir by-program"]


def test_data_is_recorded_however_it_is_written(session: Session) -> None:
    ran = supervised(
        session,
        """
        import os, shutil
        shutil.copyfile("from", "copied")
        fd = os.open("direct", os.O_WRONLY | os.O_CREAT)
        os.write(fd, b"one")
        os.pwrite(fd, b"two", 10)
        os.writev(fd, [b"th", b"ree"])
        """,
        Home.empty(session.root_for()).with_file("from", b"copy of this"),
        data=True,
    )
    about, _, blobs = ran.told.partition(b"\n")
    told = json.loads(about)
    written, start = {}, 0
    for number, size in enumerate(told["sizes"]):
        written[number], start = blobs[start : start + size], start + size
    found = [
        (paths[0], more["offset"], written[more["data"]])
        for _, paths, more in told["operations"]
        if "data" in more
    ]
    assert found == [
        ("copied", 0, b"copy of this"),
        ("direct", 0, b"one"),
        ("direct", 10, b"two"),
        ("direct", 3, b"three"),
    ]


@pytest.mark.parametrize("number", range(len(OPERATIONS)))
def test_a_kill_comes_just_before_its_operation(session: Session, number: int) -> None:
    ran = supervised(session, WORK, act="kill", at=number)
    assert (ran.status, ran.signal) == (None, 9)
    fired = fired_of(ran.told)
    assert fired is not None
    assert (fired.at, str(fired.operation)) == (number, OPERATIONS[number])
    left = [[], ["d"], ["d", "d/a"], ["d", "d/a"], ["d", "d/a"]][number]
    home = session.observe()
    assert sorted(home.entries) == [".", *left]
    if "d/a" in left:
        assert home.content("d/a") == (b"" if number == 2 else b"12345678")


def test_a_kill_ends_children_too(session: Session) -> None:
    program = "import os, time\nif os.fork() == 0: time.sleep(60)\nos.mkdir('d')"
    ran = supervised(session, program, act="kill", at=0)
    assert (ran.signal, ran.strays) == (9, ())
    assert ran.seconds < 20


def test_a_fault_beyond_the_last_operation_does_not_come_about(session: Session) -> None:
    ran = supervised(session, WORK, act="kill", at=len(OPERATIONS))
    assert (ran.status, fired_of(ran.told)) == (0, None)


FAILING = """
    import os
    for name in "abcd":
        try:
            os.mkdir(name)
        except OSError as error:
            print(name, error.errno)
"""


def test_an_error_comes_once_or_from_its_operation_on(session: Session) -> None:
    once = supervised(session, FAILING, act="error", at=1, errno=28, sticky=False)
    assert once.stdout == b"b 28\n"
    assert sorted(session.observe().entries) == [".", "a", "c", "d"]
    lasting = supervised(session, FAILING, act="error", at=1, errno=28, sticky=True)
    assert lasting.stdout == b"b 28\nc 28\nd 28\n"
    assert sorted(session.observe().entries) == [".", "a"]


def test_a_full_disk_still_lets_files_go(session: Session) -> None:
    program = "import os\ntry: os.mkdir('d')\nexcept OSError: os.unlink('file')"
    home = Home.empty(session.root_for()).with_file("file", b"x")
    ran = supervised(session, program, home, act="error", at=0, errno=28, sticky=True)
    assert ran.status == 0, ran.stderr
    assert sorted(session.observe().entries) == ["."]


def test_a_write_is_cut_in_half(session: Session) -> None:
    program = "import os; fd = os.open('f', os.O_WRONLY | os.O_CREAT); print(os.write(fd, b'12345678'))"
    ran = supervised(session, program, act="short", at=1)
    assert (ran.stdout, session.observe().content("f")) == (b"4\n", b"1234")


def test_another_program_writes_at_an_operation(session: Session) -> None:
    program = "import os; os.mkdir('d'); os.mkdir('e'); print(open('new/theirs').read())"
    ran = supervised(
        session,
        program,
        act="write",
        at=1,
        files=[
            ["new", "dir", "", 0o700, 0],
            ["new/theirs", "file", b"news".hex(), 0o600, 7],
            ["old", "gone", "", 0, 0],
        ],
    )
    assert (ran.status, ran.stdout) == (0, b"news\n")
    assert session.observe().entries["new/theirs"].mtime_ns == 7


AGAIN = """
    import os
    with open(f"{os.getpid()}", "w"):
        pass
    first = "MIGRATION_REPORT" in os.environ
    os.mkdir("first" if first else "second")
    raise SystemExit(3 if os.path.isdir("first") and not first else 0)
"""


def test_the_same_command_is_run_again_at_an_operation_and_its_end_is_told(session: Session) -> None:
    ran = supervised(session, AGAIN, act="run", at=1)
    assert (ran.status, another_of(ran.told), fired_of(ran.told) is not None) == (0, 0, True)
    assert len(session.observe().entries) == 5  # the home, a file and a folder of each
    assert len(operations(ran)) == 2
    ran = supervised(session, "import os; os.mkdir('d')", act="run", at=0)
    assert (ran.status, another_of(ran.told)) == (1, 0)  # it found the folder there


def test_without_another_run_there_is_no_end_of_one(session: Session) -> None:
    assert another_of(supervised(session, WORK).told) is None


def test_a_recording_has_a_picture_of_the_home_before_each_operation(session: Session) -> None:
    ran = supervised(session, WORK, **RECORD)
    home = session.observe()
    recording = recording_of(ran.told, home.root, home.blobs)
    assert [str(one) for one in recording.operations] == OPERATIONS
    seen = [sorted(recording.pictures[number].entries) for number in sorted(recording.pictures)]
    assert seen == [["."], [".", "d"], [".", "d", "d/a"], [".", "d", "d/a"]]
    assert recording.pictures[3].content("d/a") == b"12345678"
    assert [str(fault) for fault in recording.kills()] == ["kill@0", "kill@1", "kill@2", "kill@3"]


def test_how_a_program_ends_is_not_changed_by_supervision(session: Session) -> None:
    assert supervised(session, "raise SystemExit(7)").status == 7
    assert supervised(session, "import os; os.kill(os.getpid(), 11)").signal == 11
    assert (
        supervised(session, "import os, sys; os.execvp('python3', ['python3', '-c', 'exit(3)'])").status == 3
    )


FILLING = """
    import errno
    with open("a", "wb", buffering=0) as file:
        file.write(bytes(8192))
        try:
            file.write(bytes(8192))
            print("written")
        except OSError as error:
            print(errno.errorcode[error.errno])
"""


def test_others_fill_the_disk_up_at_an_operation(session: Session) -> None:
    if "disk" not in session.limits:
        pytest.skip("this level cannot limit the disk")
    ran = supervised(session, FILLING, act="full", at=2)
    assert ran.stdout == b"ENOSPC\n"
    assert str(fired_of(ran.told).operation) == "write a"  # type: ignore[union-attr]
    assert session.observe().content("a") == bytes(8192)
    assert supervised(session, FILLING).stdout == b"written\n"


def test_a_disk_that_is_none_of_ours_is_never_filled_up(session: Session) -> None:
    if "disk" in session.limits:
        pytest.skip("this level may fill its disk up")
    ran = supervised(session, FILLING, act="full", at=2)
    with pytest.raises(SandboxError, match="no memory file system"):
        fired_of(ran.told)


def test_a_recording_tells_how_much_room_a_program_had_in_use_at_most(session: Session) -> None:
    if "disk" not in session.limits:
        pytest.skip("others write to the same disk")
    program = """
        import os
        open("a", "wb").write(bytes(40960))
        os.unlink("a")
        open("b", "wb").write(bytes(4096))
    """
    ran = supervised(session, program)
    assert recording_of(ran.told, session.root_for(), Home.empty("/h").blobs).used == 40


def test_another_program_works_in_a_database_at_an_operation_or_is_refused(session: Session) -> None:
    made = """
        import os, sqlite3
        db = sqlite3.connect("a.db", isolation_level=None)
        db.execute("CREATE TABLE t (a, b)")
        os.mkdir("d")
        print(db.execute("SELECT a, hex(b), datetime('now') > '2001' FROM t").fetchall())
        db.execute("BEGIN EXCLUSIVE")
        os.mkdir("e")
    """
    work = {
        "path": "a.db",
        "statements": [["INSERT INTO t VALUES (datetime('now'), ?)", [{"hex": "00ff"}]]],
        "now": "1999",
    }
    names = operations(supervised(session, made))
    ran = supervised(session, made, act="write", at=names.index("mkdir d"), files=[], work=work)
    assert (ran.stdout, refused_of(ran.told)) == (b"[('1999', '00FF', 1)]\n", "")
    ran = supervised(session, made, act="write", at=names.index("mkdir e"), files=[], work=work)
    assert (ran.stdout, refused_of(ran.told)) == (b"[]\n", "database is locked")
    ran = supervised(session, made, act="write", at=0, files=[], work=work)
    assert refused_of(ran.told) == "there is no database"
    assert refused_of(supervised(session, WORK).told) is None


READ = """
    import os, sqlite3, subprocess, time
    told = [time.time_ns() // 10**9]
    os.mkdir("d")
    told += [time.time_ns() // 10**9, int(time.time())]
    told += [int(sqlite3.connect(":memory:").execute("SELECT strftime('%s', 'now')").fetchone()[0])]
    told += [int(subprocess.run(["date", "+%s"], capture_output=True, check=True).stdout)]
    began = time.monotonic()
    os.mkdir("e")
    print(*told, time.monotonic() - began < 60, int(os.stat("e").st_mtime))
"""


def test_a_clock_is_stepped_for_all_that_runs_from_an_operation_on(session: Session) -> None:
    for seconds in (-3600, 400 * 86400):
        ran = supervised(session, READ, act="clock", at=0, seconds=seconds)
        *clocks, even, true = ran.stdout.split()
        before, *after = map(int, clocks)
        assert abs(before - int(true)) < 60
        assert all(abs(clock - before - seconds) < 60 for clock in after), ran.stdout
        assert even == b"True", "no other clock goes wrong"
        fired = fired_of(ran.told)
        assert fired is not None
        assert str(fired.operation) == "mkdir d"


def test_a_clock_goes_right_up_to_the_operation(session: Session) -> None:
    ran = supervised(session, READ, act="clock", at=1, seconds=-3600)
    *clocks, _even, true = map(int, ran.stdout.replace(b"True", b"1").split())
    assert all(abs(clock - true) < 60 for clock in clocks)
