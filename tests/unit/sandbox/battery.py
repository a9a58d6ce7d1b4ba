"""What every level of sandbox must do alike; each test gets an open `session` from the folder that runs it."""

from __future__ import annotations

import json
import sqlite3
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

from harness.home import Blobs, ContentNotHeldError, Entry, Home
from harness.sandbox.channel import RefusedError, SandboxError
from harness.sandbox.ended import Conversed
from harness.sandbox.holders import Database, Process
from harness.sandbox.inside import fence
from harness.sandbox.session import Session

DAY = 86_400 * 10**9


def python(session: Session, program: str, *, timeout: float = 20, **options: Any) -> Any:
    """Runs a Python program as the command and returns the JSON it prints."""
    ran = session.run(["python3", "-c", textwrap.dedent(program)], timeout=timeout, **options)
    assert ran.status == 0, ran.stderr.decode("utf-8", "replace")
    return json.loads(ran.stdout)


def hostile(root: str) -> Home:
    home = Home.empty(root, mtime_ns=19_000 * DAY + 123_456_789)
    home = home.with_file("kept/deep/er/file.txt", b"text\n", mode=0o640, mtime_ns=DAY)
    home = (
        home.with_file("kept/empty", b"").with_file("-before-dot", b"1").with_file("kept!", b"sorts inside")
    )
    home = home.with_file("large.bin", bytes(range(256)) * 4096).with_file(
        "same.bin", bytes(range(256)) * 4096
    )
    home = home.with_file("unreadable", b"secret", mode=0).with_file("shut/inside", b"hidden", mode=0o400)
    home = home.with_file("shut/more/below", b"x").with_mode("shut/more", 0o111).with_mode("shut", 0)
    home = home.with_file("name-\udcff\udcfe", b"not utf-8").with_file("new\nline \u00e9\u4e2d", b"odd")
    home = home.with_link("dangling", "/nowhere/at/all").with_link("loop", "loop").with_link("out", "/etc")
    home = (
        home.with_link("odd-target", "\udcff")
        .with_kind("pipe", "fifo")
        .with_kind("door", "socket", mode=0o755)
    )
    home = home.with_entry("readonly", Entry("dir", 0o555, 3 * DAY)).with_entry(
        "readonly/x", Entry("dir", 0o700, DAY)
    )
    return home.with_entry("before-1970", Entry("dir", 0o700, -DAY))


def empty(session: Session) -> Home:
    home = Home.empty(session.root_for())
    session.lay_out(home)
    return home


def test_a_hostile_tree_is_observed_as_it_was_laid_out(session: Session) -> None:
    home = hostile(session.root_for())
    session.lay_out(home)
    seen = session.observe()
    assert list(home.changes_to(seen, times=True)) == []
    assert seen == home
    assert seen.content("unreadable") == b"secret"


def test_a_sparse_file_is_laid_out_and_observed_without_its_content(session: Session) -> None:
    size = (64 << 20) + 3
    home = Home.empty(session.root_for()).with_file("x", b"x").with_holes("large", size)
    session.lay_out(home)
    seen = session.observe()
    assert list(home.changes_to(seen, times=True)) == []
    assert seen.entries["large"].size == size
    with pytest.raises(ContentNotHeldError):
        seen.content("large")
    session.lay_out(seen)
    program = "import os; print(os.stat('large').st_blocks)"
    assert int(session.run(["python3", "-c", program], timeout=20).stdout) < 8192


def test_observing_leaves_everything_untouched(session: Session) -> None:
    session.lay_out(hostile(session.root_for()))
    program = """
        import json, os
        seen = []
        for folder, folders, files in os.walk(os.environ["HOME"]):
            for name in [".", *folders, *files]:
                status = os.lstat(os.path.join(folder, name))
                seen.append([repr(name), status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns])
        print(json.dumps(sorted(seen)))
    """
    before = python(session, program)
    session.observe()
    session.observe()
    assert python(session, program) == before
    assert len(before) > 20


_SEEN = (
    "import json, os; print(json.dumps([os.listdir('..'), os.listdir(), os.listdir(os.environ['TMPDIR'])]))"
)


def test_a_second_home_leaves_nothing_of_the_first(session: Session) -> None:
    session.lay_out(Home.empty(session.root_for("none")))
    homes, _, beside = python(session, _SEEN)  # where a checkout lies in /home or /tmp, it is shown there
    session.lay_out(hostile(session.root_for("first")))
    python(
        session,
        """
        import os, tempfile
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(b"left")
        for _ in range(300):  # deeper than a path may be long
            os.mkdir("deep" * 50)
            os.chdir("deep" * 50)
        os.chmod(".", 0)
        os.chmod(os.environ["HOME"], 0)
        os.chmod(os.environ["TMPDIR"], 0)
        print(1)
        """,
    )
    session.lay_out(Home.empty(session.root_for("second")).with_file("only", b"1"))
    expected = [["second" if name == "none" else name for name in homes], ["only"], beside]
    assert [sorted(names) for names in python(session, _SEEN)] == [sorted(names) for names in expected]


def test_what_a_command_writes_is_observed(session: Session) -> None:
    home = empty(session)
    python(
        session,
        "open('new', 'wb').write(b'\\xff'); import os; os.mkfifo('pipe'); os.symlink('/x', 'l'); print(1)",
    )
    seen = session.observe()
    assert seen.content("new") == b"\xff"
    assert {change.path: change.describe() for change in home.changes_to(seen)} == {
        "new": "file appeared",
        "pipe": "fifo appeared",
        "l": "link appeared",
    }


def test_a_write_through_a_mapping_is_observed(session: Session) -> None:
    """On a tmpfs it changes neither size nor mtime nor ctime."""
    session.lay_out(Home.empty(session.root_for()).with_file("file", b"a" * 8192))
    python(
        session,
        """
        import mmap, os
        with mmap.mmap(os.open("file", os.O_RDWR), 8192) as mapped:
            mapped[0]
            mapped[0] = 98
        print(1)
        """,
    )
    assert session.observe().content("file")[:2] == b"ba"


def test_a_tree_deeper_than_a_path_is_long_is_observed(session: Session) -> None:
    empty(session)
    python(session, "import os\nfor _ in range(60): os.mkdir('d' * 100); os.chdir('d' * 100)\nprint(1)")
    assert len(session.observe().entries) == 61


def test_status_signal_and_timeout_are_told_apart(session: Session) -> None:
    empty(session)
    ended = session.run(["python3", "-c", "raise SystemExit(7)"], timeout=20)
    assert (ended.status, ended.signal, ended.timed_out) == (7, None, False)
    killed = session.run(["python3", "-c", "import os; os.kill(os.getpid(), 11)"], timeout=20)
    assert (killed.status, killed.signal, killed.timed_out) == (None, 11, False)
    late = session.run(
        ["python3", "-c", "import time; print('begun', flush=True); time.sleep(60)"], timeout=0.5
    )
    assert (late.status, late.signal, late.timed_out, late.stdout) == (None, None, True, b"begun\n")
    assert 0.5 <= late.seconds < 10


def test_an_unknown_command_is_refused_and_the_session_goes_on(session: Session) -> None:
    empty(session)
    with pytest.raises(RefusedError, match="no-such-migrator: No such file"):
        session.run(["no-such-migrator"], timeout=20)
    assert session.run(["python3", "-c", ""], timeout=20).status == 0


def test_long_output_keeps_its_head_and_its_tail(session: Session) -> None:
    empty(session)
    ran = session.run(["python3", "-c", "print('head' + 'x' * 3_000_000 + 'tail')"], timeout=20)
    assert ran.stdout.startswith(b"headx")
    assert ran.stdout.endswith(b"xtail\n")
    cut = 3_000_009 - (1 << 20)
    assert b"\n[... %d bytes cut ...]\n" % cut in ran.stdout


def test_stdin_is_the_answers_or_closed(session: Session) -> None:
    empty(session)
    program = "import json, sys; print(json.dumps(sys.stdin.read()))"
    assert python(session, program) == ""
    assert python(session, program, stdin=b"yes\n" * 50_000) == "yes\n" * 50_000


def test_a_command_gets_an_environment_of_its_own(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    empty(session)
    seen = python(
        session, "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))", env={"EXTRA": "1"}
    )
    assert seen[0] == seen[1]["HOME"] == session.root_for()
    expected = {"LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0", "USER": "u", "EXTRA": "1"}
    assert expected.items() <= seen[1].items()
    assert "PYTEST_CURRENT_TEST" not in seen[1]


def test_the_migrator_can_be_run_as_a_module(session: Session) -> None:
    empty(session)
    assert python(
        session, "import importlib.util as u; print('true' if u.find_spec('migrator') else 'false')"
    )


def test_a_home_that_cannot_be_entered_does_not_stop_the_command(session: Session) -> None:
    session.lay_out(Home.empty(session.root_for()).with_mode(".", 0))
    assert python(session, "import os; print(int(os.path.exists('/')))") == 1
    assert session.observe().entries["."].mode == 0


def test_nothing_that_a_command_starts_outlives_it(session: Session) -> None:
    empty(session)
    pid = python(
        session,
        """
        import os, sys, time
        told, tell = os.pipe()
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.write(tell, str(os.getpid()).encode())
                time.sleep(600)
            os._exit(0)
        print(os.read(told, 20).decode())
        """,
    )
    assert python(session, f"import os; print(int(os.path.exists('/proc/{pid}')))") == 0


def test_the_report_is_handed_back_and_gone_before_the_next_run(session: Session) -> None:
    empty(session)
    write = "import os; open(os.environ['MIGRATION_REPORT'], 'w').write('{}')"
    assert session.run(["python3", "-c", write], timeout=20).report == b"{}"
    assert session.run(["python3", "-c", ""], timeout=20).report is None
    as_folder = "import os; os.makedirs(os.environ['MIGRATION_REPORT'] + '/x')"
    assert session.run(["python3", "-c", as_folder], timeout=20).report is None
    assert session.run(["python3", "-c", write], timeout=20).report == b"{}"
    assert list(session.observe().entries) == ["."]


def test_support_is_seen_read_only(session: Session, support: Path) -> None:
    empty(session)
    path = f"{session.support}/tool.py"
    assert python(session, f"print(repr(open({path!r}).read()).replace(chr(39), chr(34)))") == "ready"
    if session.level != "bare":  # there it may be a folder that is writable for good reasons
        assert "Read-only" in _refusal_to_write(session, path)


@pytest.mark.parametrize("path", ["/new", "/usr/new", "/etc/new", "/run/new", "/var/tmp/new", "/dev/new"])
def test_nothing_outside_home_and_tmp_can_be_written(session: Session, path: str) -> None:
    if session.level == "bare" and not fence.available():
        pytest.skip("a bare process is not fenced in, this kernel lacks Landlock")
    empty(session)
    assert any(word in _refusal_to_write(session, path) for word in ("Read-only", "Permission", "No such"))


def test_renaming_within_a_home_is_free(session: Session) -> None:
    session.lay_out(
        Home.empty(session.root_for()).with_file("a/file", b"1").with_kind("b", "dir", mode=0o700)
    )
    python(
        session,
        "import os; os.rename('a/file', 'b/file'); os.rename('a', 'b/a'); os.link('b/file', 'c'); print(1)",
    )
    assert sorted(session.observe().entries) == [".", "b", "b/a", "b/file", "c"]


def _refusal_to_write(session: Session, path: str) -> str:
    ran = session.run(["python3", "-c", f"open({path!r}, 'w')"], timeout=20)
    assert ran.status == 1
    return ran.stderr.decode()


def test_there_is_no_network(session: Session) -> None:
    if session.level == "bare":
        pytest.skip("a bare process has the network of the machine")
    empty(session)
    program = """
        import json, socket
        try:
            socket.create_connection(("192.0.2.1", 80), timeout=5)
            error = 0
        except OSError as caught:
            error = caught.errno
        print(json.dumps([error, [name for _, name in socket.if_nameindex()]]))
    """
    error, interfaces = python(session, program)
    assert error == 101  # ENETUNREACH, at once
    assert "lo" in interfaces
    assert not {"eth0", "ens3", "docker0"} & set(interfaces)


def test_a_command_has_no_rights_and_sees_nothing_of_the_machine(session: Session, tmp_path: Path) -> None:
    if session.level == "bare":
        pytest.skip("a bare process has all that the user has")
    empty(session)
    secret = tmp_path / "secret"
    secret.write_text("of the user", encoding="utf-8")
    program = f"""
        import json, os
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        names = ["CapEff", "CapPrm", "CapBnd", "NoNewPrivs"]
        seen = [status[name].strip() for name in names]
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        print(json.dumps([seen, os.getuid(), os.path.exists({str(secret)!r}), len(pids)]))
    """
    none = "0" * 16
    assert python(session, program) == [[none, none, none, "1"], 1000, False, 2]  # the runner and itself


def test_memory_is_limited(session: Session) -> None:
    empty(session)
    greedy = session.run(
        ["python3", "-c", "x = bytearray(1 << 30)\nfor i in range(0, 1 << 30, 4096): x[i] = 1"], timeout=60
    )
    assert greedy.status != 0
    assert not greedy.timed_out
    assert session.run(["python3", "-c", ""], timeout=20).status == 0


def test_a_held_process_lives_until_released(session: Session) -> None:
    empty(session)
    pid = session.hold(Process(".ao/running.json", '{"pid": {pid}}'))
    alive = "import json, os; pid = json.load(open('.ao/running.json'))['pid']; os.kill(pid, 0); print(pid)"
    assert python(session, alive) == pid
    assert python(session, alive) == pid  # the end of a command does not end it
    session.release()
    assert session.run(["python3", "-c", alive], timeout=20).status == 1


@pytest.mark.parametrize(
    ("journal", "mode"), [("WAL", "idle"), ("WAL", "read"), ("WAL", "write"), ("DELETE", "write")]
)
def test_a_held_database_is_really_held(session: Session, tmp_path: Path, journal: str, mode: Any) -> None:
    content = _database(tmp_path, journal)
    session.lay_out(Home.empty(session.root_for()).with_file("data/ao.db", content))
    take_alone = """
        import json, sqlite3
        connection = sqlite3.connect("data/ao.db", timeout=0, isolation_level=None)
        try:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO t VALUES (2)")
            print(json.dumps("free"))
        except sqlite3.OperationalError as error:
            print(json.dumps(str(error)))
    """
    session.hold(Database("data/ao.db", mode))
    assert python(session, take_alone) == "database is locked"
    session.release()
    assert python(session, take_alone) == "free"


def test_a_killed_holder_leaves_its_journal_and_a_released_one_does_not(
    session: Session, tmp_path: Path
) -> None:
    home = Home.empty(session.root_for()).with_file("ao.db", _database(tmp_path, "WAL"))
    for kill in (True, False):
        session.lay_out(home)
        session.hold(Database("ao.db"))
        session.release(kill=kill)
        assert ("ao.db-shm" in session.observe().entries) is kill


def test_a_database_that_is_none_is_refused(session: Session) -> None:
    session.lay_out(Home.empty(session.root_for()).with_file("ao.db", b"no database" * 100))
    with pytest.raises(RefusedError, match="not a database"):
        session.hold(Database("ao.db"))
    with pytest.raises(RefusedError, match="no database to hold"):
        session.hold(Database("absent.db"))
    with pytest.raises(RefusedError, match="not a path below a home"):
        session.hold(Process("../outside"))


def _database(folder: Path, journal: str) -> bytes:
    path = folder / "made.db"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    return path.read_bytes()


@pytest.mark.parametrize("path", ["../outside", "/absolute", "a//b", "a/../../b", "file/inside-a-file"])
def test_a_home_that_leads_out_of_itself_is_refused(session: Session, path: str) -> None:
    empty(session)
    file = Entry("file", 0o644, 0, 0, Blobs().keep(b""))
    blobs = Blobs()
    blobs.keep(b"")
    entries = {".": Entry("dir", 0o700), "a": Entry("dir", 0o700), "file": file, path: file}
    with pytest.raises(RefusedError):
        session.lay_out(Home(session.root_for(), entries, blobs))


def test_a_home_for_another_place_is_refused(session: Session) -> None:
    with pytest.raises(RefusedError, match="homes lie below"):
        session.lay_out(Home.empty("/elsewhere/u"))


def test_a_home_whose_contents_are_not_held_is_refused(session: Session) -> None:
    home = Home(session.root_for(), {".": Entry("dir", 0o700), "big": Entry("file", 0o600, 0, 9, "f" * 32)})
    with pytest.raises(SandboxError, match="big: its content is not held"):
        session.lay_out(home)


# -- kills and processes left behind -------------------------------------------------------------------------------
_SLOW = """
    import os, time
    if os.fork() == 0:
        os.setsid()
        time.sleep(2)
        open("by-the-child", "w").close()
        time.sleep(60)
    open("first", "w").close()
    time.sleep(60)
"""


def test_a_kill_ends_the_command_and_all_that_it_started(session: Session) -> None:
    empty(session)
    ran = session.run(
        ["python3", "-c", textwrap.dedent(_SLOW)], timeout=30, kill_after=0.2, since_change=True
    )
    assert (ran.killed, ran.signal, ran.status, ran.timed_out) == (True, 9, None, False)
    assert ran.changed is not None
    assert 0.2 <= ran.seconds - ran.changed < 1.5
    time.sleep(2)
    assert sorted(session.observe().entries) == [".", "first"]


def test_a_kill_counts_from_the_first_change_where_asked(session: Session) -> None:
    session.lay_out(Home.empty(session.root_for()).with_file("a/b/c", b"old"))
    program = "import time; time.sleep(0.3); open('a/b/c', 'a').write('x'); time.sleep(0.05); open('late', 'w'); time.sleep(60)"
    ran = session.run(["python3", "-c", program], timeout=30, kill_after=0.6, since_change=True)
    assert ran.killed
    assert ran.changed is not None
    assert ran.changed >= 0.3
    assert 0.6 <= ran.seconds - ran.changed < 3
    assert "late" in session.observe().entries


@pytest.mark.parametrize(
    "change",
    [
        "open('new', 'w')",
        "os.unlink('deep/file')",
        "os.chmod('deep/file', 0o600)",
        "os.utime('deep', (1, 1))",
        "os.rename('deep/file', 'file')",
        "os.mkdir('deep/er')",
        "os.truncate('deep/file', 1)",
    ],
)
def test_any_first_change_is_noticed_and_reading_is_none(session: Session, change: str) -> None:
    home = Home.empty(session.root_for()).with_file("deep/file", b"text")
    session.lay_out(home)
    program = f"import os, time; open('deep/file').read(); os.listdir('deep'); time.sleep(0.2); {change}"
    ran = session.run(["python3", "-c", program], timeout=20, watch=True)
    assert ran.status == 0, ran.stderr
    assert ran.changed is not None
    assert 0.2 <= ran.changed <= ran.seconds
    session.lay_out(home)
    idle = session.run(["python3", "-c", program.replace(change, "0")], timeout=20, watch=True)
    assert (idle.status, idle.changed) == (0, None)


def test_a_command_that_ends_before_its_moment_is_not_killed(session: Session) -> None:
    empty(session)
    ran = session.run(["python3", "-c", "raise SystemExit(7)"], timeout=20, kill_after=10)
    assert (ran.killed, ran.status, ran.signal) == (False, 7, None)
    unchanged = session.run(["python3", "-c", "pass"], timeout=20, kill_after=0, since_change=True)
    assert (unchanged.killed, unchanged.status) == (False, 0)
    by_itself = session.run(
        ["python3", "-c", "import os; os.kill(os.getpid(), 9)"], timeout=20, kill_after=10
    )
    assert (by_itself.killed, by_itself.signal) == (False, 9)


def test_a_process_that_a_command_leaves_alive_is_told(session: Session) -> None:
    empty(session)
    leaves = "import os, time\nif os.fork() == 0:\n    os.close(1); os.close(2); {}; time.sleep({})"
    stays = session.run(["python3", "-c", leaves.format("os.setsid()", 60)], timeout=20)
    assert (stays.status, len(stays.strays)) == (0, 1)
    assert stays.strays[0].startswith("python")
    same_group = session.run(["python3", "-c", leaves.format("0", 60)], timeout=20)
    assert len(same_group.strays) == 1
    ending = session.run(["python3", "-c", leaves.format("os.setsid()", 0.02)], timeout=20)
    assert (ending.status, ending.strays) == (0, ())
    two = "import os, time; os.fork(); time.sleep(60)"
    killed = session.run(["python3", "-c", two], timeout=20, kill_after=0.3)
    assert (killed.killed, killed.strays) == (True, ())


def test_a_held_process_is_nobodys_leaving(session: Session) -> None:
    empty(session)
    session.hold(Process(".ao/running.json", '{"pid": {pid}}'))
    assert session.run(["python3", "-c", ""], timeout=20).strays == ()
    session.release()


ECHO = """
import json, sys, time
for line in sys.stdin:
    time.sleep(0.02)
    print(json.dumps({"said": json.loads(line)}), flush=True)
"""


def conversation(session: Session, clients: int, blow: dict[str, Any] | None = None) -> Conversed:
    empty(session)
    requests = [[json.dumps([client, number]) for number in range(4)] for client in range(clients)]
    return session.converse(["python3", "-c", ECHO], requests, timeout=20, blow=blow)


def test_clients_are_answered_side_by_side_each_in_its_order(session: Session) -> None:
    held = conversation(session, 3)
    assert (held.statuses, held.landed, held.litter, held.strays) == ((0, 0, 0), False, (), ())
    for client, lines in enumerate(held.lines):
        assert [json.loads(line.answer)["said"] for line in lines] == [[client, n] for n in range(4)]
        assert all(line.answered is not None and line.sent < line.answered for line in lines)
    second, last = (max(lines[n].sent for lines in held.lines) for n in (1, 3))
    assert second < min(lines[-1].answered or 0 for lines in held.lines)
    assert second < last


RIVALS = """
import os, sys, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
for line in sys.stdin:
    begun = time.process_time()
    while time.process_time() - begun < 0.1:
        pass
    print("{}", flush=True)
"""


def test_how_long_a_client_waited_for_the_processor_is_told(session: Session) -> None:
    empty(session)
    held = session.converse(["python3", "-c", RIVALS], [["1", "2"], ["1", "2"]], timeout=20)
    rivals = [lines[-1] for lines in held.lines]
    assert max(line.waited for line in rivals) > 0.02
    assert all(0 <= line.waited <= (line.answered or 0) - line.sent for line in rivals)


def test_a_killed_client_leaves_its_request_open_and_the_others_go_on(session: Session) -> None:
    held = conversation(session, 2, {"client": 1, "request": 2, "share": 0.3, "cut": False})
    assert held.landed
    assert held.statuses == (0, -9)
    assert [line.answered is None for line in held.lines[1]] == [False, False, True]
    assert len(held.lines[0]) == 4
    assert held.lines[0][-1].answered


def test_a_client_that_is_cut_off_gets_half_a_line(session: Session) -> None:
    held = conversation(session, 2, {"client": 0, "request": 1, "share": 0.0, "cut": True})
    assert [(line.cut, line.answered is None) for line in held.lines[0]] == [(False, False), (True, True)]
    assert (held.landed, held.statuses) == (True, (1, 0))
    assert b"JSONDecodeError" in held.stderr[0]


def test_a_conversation_ends_with_its_time(session: Session) -> None:
    empty(session)
    held = session.converse(["python3", "-c", "import time; time.sleep(60)"], [["1"], ["2"]], timeout=0.5)
    assert held.statuses == (None, None)
    with pytest.raises(RefusedError, match="no-such-program"):
        session.converse(["no-such-program"], [["1"]], timeout=5)


FILLED = """
    import errno, json, os
    os.chdir(os.environ["HOME"])
    written = 0
    try:
        with open("much", "wb", buffering=0) as file:
            while True:
                written += file.write(bytes(4096))
    except OSError as error:
        print(json.dumps([written, errno.errorcode[error.errno]]))
"""
COUNTED = """
    import errno, json, os
    made = 0
    try:
        while True:
            os.mkdir(f"{os.environ['HOME']}/{made}")
            made += 1
    except OSError as error:
        print(json.dumps([made, errno.errorcode[error.errno]]))
"""


def limited(session: Session, sort: str) -> None:
    if sort not in session.limits:
        pytest.skip(f"this level cannot limit {sort}")


def test_where_others_filled_the_disk_up_just_so_much_can_be_written(session: Session) -> None:
    limited(session, "disk")
    home = empty(session)
    assert python(session, FILLED, left={"disk": 40}) == [40 << 10, "ENOSPC"]
    session.lay_out(home)
    assert python(session, FILLED, left={"disk": 0}) == [0, "ENOSPC"]
    session.lay_out(home)
    ran = session.run(["python3", "-c", "open('x', 'wb').write(bytes(1 << 20))"], timeout=20)
    assert (ran.status, ran.litter) == (0, ())


def test_where_others_took_the_files_just_so_many_can_be_made(session: Session) -> None:
    limited(session, "inodes")
    home = empty(session)
    assert python(session, COUNTED, left={"inodes": 7}) == [7, "ENOSPC"]
    session.lay_out(home)
    assert python(session, COUNTED, left={"inodes": 0}) == [0, "ENOSPC"]
    session.lay_out(home)
    ran = session.run(["python3", "-c", "import os; [os.mkdir(str(n)) for n in range(99)]"], timeout=20)
    assert (ran.status, ran.litter, len(session.observe().children("."))) == (0, (), 99)


def test_there_is_never_less_room_than_is_asked_for(session: Session) -> None:
    limited(session, "disk")
    empty(session)
    ran = session.run(["python3", "-c", ""], timeout=20, left={"disk": 1 << 40})
    assert ran.status == 0


def test_a_program_has_no_more_memory_than_is_left(session: Session) -> None:
    empty(session)
    program = """
        import json
        try:
            held = bytearray(64 << 20)
            print(json.dumps("held"))
        except MemoryError:
            print(json.dumps("MemoryError"))
    """
    assert python(session, program, left={"memory": 32 << 10}) == "MemoryError"
    assert python(session, program) == "held"


def test_what_cannot_be_limited_is_refused_and_nothing_is_filled_up(session: Session) -> None:
    empty(session)
    missing = {"disk", "inodes"} - session.limits.keys()
    for sort in sorted(missing):
        with pytest.raises(RefusedError, match=rf"no memory file system with a limit of its own \({sort}\)"):
            session.run(["true"], timeout=20, left={sort: 8})
    assert missing or session.level in {"namespaces", "container"}
