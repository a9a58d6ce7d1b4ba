"""A warm start shows a program nothing else than a cold one, and nothing of what another command did."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.home import Home
from harness.sandbox.channel import RefusedError
from harness.sandbox.ended import Ran
from harness.sandbox.inside.tracing import known_here
from harness.sandbox.session import Session
from harness.supervised import fired_of, recording_of

MODULES = ("json", "sqlite3", "argparse")
SURROUNDINGS = """
    import json, os, resource, signal, sys, time
    import __main__
    told = {
        "argv": sys.argv, "orig_argv": getattr(sys, "orig_argv", None), "path": sys.path, "flags": list(sys.flags),
        "cwd": os.getcwd(), "env": dict(os.environ), "name": __name__, "file": __file__,
        "main": __main__.__dict__ is globals(), "seed": hash("x"), "executable": sys.executable, "zone": time.tzname,
        "fds": sorted(int(fd) for fd in os.listdir("/proc/self/fd"))[:-1], "session": os.getsid(0) == os.getpid(),
        "streams": [[s.encoding, s.errors, s.line_buffering] for s in (sys.stdin, sys.stdout, sys.stderr)],
        "limits": [resource.getrlimit(n) for n in (resource.RLIMIT_NOFILE, resource.RLIMIT_CORE, resource.RLIMIT_DATA)],
        "signals": [str(signal.getsignal(s)) for s in (signal.SIGPIPE, signal.SIGINT, signal.SIGCHLD, signal.SIGTERM)],
        "ours": [name for name in sys.modules if name.startswith("harness")], "stdin": sys.stdin.read(),
        "umask": os.umask(0o22), "dumpable": os.access("/proc/self/mem", os.R_OK),
    }
    print(json.dumps(told, sort_keys=True))
"""
ENDS = {
    "at its end": "print('all')",
    "with a status": "import sys; sys.exit(3)",
    "with a text": "import sys; sys.exit('no more')",
    "at once": "import os; os._exit(7)",
    "by a signal": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "by an error": "def deep():\n    raise ValueError('deep down')\ndeep()",
    "with what it was to do last": "import atexit; atexit.register(print, 'last words')",
    "with what goes with its module": "class Last:\n    def __del__(self): print('gone')\nkept = Last()",
    "with a thread at work": "import threading, time\n"
    "threading.Thread(target=lambda: (time.sleep(0.05), print('done'))).start()",
    "where it cannot be read": "def broken(:",
}


@pytest.fixture
def session(session: Session) -> Iterator[Session]:
    yield session
    session.warm = ()


def ran(session: Session, program: str, argv: list[str] | None = None, **how: Any) -> Ran:
    home = Home.empty(session.root_for()).with_file("tool.py", textwrap.dedent(program).encode())
    session.lay_out(home)
    return session.run(argv or ["python3", "tool.py"], timeout=how.pop("timeout", 30), **how)


def both(session: Session, program: str, argv: list[str] | None = None, **how: Any) -> tuple[Ran, Ran]:
    session.warm = ()
    cold = ran(session, program, argv, **how)
    session.warm = MODULES
    return cold, ran(session, program, argv, **how)


def ended(result: Ran) -> Ran:
    return replace(result, seconds=0.0, told=b"")  # which has inode numbers in it


@pytest.mark.parametrize(
    "argv",
    [
        ["python3", "tool.py", "one", "--two"],
        ["python3", "-m", "tool", "one"],
        ["python3", "-I", "-S", "tool.py"],
        ["python3", "-X", "dev", "-W", "ignore", "tool.py"],
    ],
    ids=" ".join,
)
def test_a_program_finds_itself_in_the_same_surroundings(session: Session, argv: list[str]) -> None:
    cold, warm = both(session, SURROUNDINGS, argv, stdin=b"asked", env={"MORE": "é"})
    assert cold.status == 0, cold.stderr
    seeds = {json.loads(one.stdout)["seed"] for one in (cold, warm)}
    found, wanted = ({**json.loads(one.stdout), "seed": 0} for one in (warm, cold))
    assert found == wanted
    assert len(seeds) == 1 or "-I" in argv  # which does not heed PYTHONHASHSEED


@pytest.mark.parametrize("program", ENDS.values(), ids=ENDS)
def test_it_ends_as_from_a_cold_start_and_says_the_same(session: Session, program: str) -> None:
    cold, warm = both(session, program)
    assert ended(warm) == ended(cold)


def test_it_is_warm_indeed(session: Session) -> None:
    cold, warm = both(session, "import sys; print('argparse' in sys.modules)")
    assert (cold.stdout, warm.stdout) == (b"False\n", b"True\n")


def test_no_run_sees_what_another_left_in_a_module(session: Session) -> None:
    session.warm = MODULES
    program = "import json; json.seen = getattr(json, 'seen', 0) + 1; print(json.seen)"
    assert [ran(session, program).stdout for _ in range(3)] == [b"1\n"] * 3


@pytest.mark.skipif(not known_here(), reason="programs are supervised on x86-64 Linux only")
def test_operations_are_counted_as_from_a_cold_start_and_a_kill_comes_before_the_same(
    session: Session,
) -> None:
    work = "import os; os.mkdir('d'); open('d/a', 'w').write('x'); os.rename('d/a', 'd/b'); print('done')"
    home = Home.empty(session.root_for())
    recording = recording_of(
        ran(session, work, orders={"act": "record", "at": -1, "pictures": True}).told, home.root, home.blobs
    )
    assert [str(one) for one in recording.operations] == [
        "mkdir d",
        "open d/a",
        "write d/a",
        "rename d/a d/b",
    ]
    for number, operation in enumerate(recording.operations):
        cold, warm = both(session, work, orders={"act": "kill", "at": number})
        fired = fired_of(warm.told)
        assert (fired and str(fired.operation), warm.signal) == (str(operation), 9)
        assert ended(warm) == ended(cold)
        assert session.observe().get("d/b") is None


def test_a_module_that_cannot_be_imported_is_named(session: Session) -> None:
    session.warm = ("json", "no_such_module_here")
    with pytest.raises(RefusedError, match="no_such_module_here"):
        ran(session, "pass")
    session.warm = MODULES
    assert ran(session, "pass").status == 0


def test_one_who_ends_the_interpreter_that_waits_ends_with_it_and_the_next_finds_another(
    session: Session,
) -> None:
    session.warm = MODULES
    hostile = "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(20)"
    assert ran(session, hostile, timeout=10).signal == 9
    assert ran(session, "print('well')").stdout == b"well\n"


def test_time_limits_and_what_is_left_alive_hold_for_it_too(session: Session) -> None:
    cold, warm = both(session, "import time; time.sleep(20)", timeout=0.3)
    assert cold.timed_out
    assert warm.timed_out
    leaves = (
        "import os, sys, time\nif os.fork() == 0:\n    os.setsid(); os.close(1); os.close(2); time.sleep(20)"
    )
    cold, warm = both(session, leaves)
    assert len(warm.strays) == 1
    assert ended(warm) == ended(cold)
    assert ran(session, "pass").strays == ()


def test_a_program_that_is_not_python_starts_as_ever(session: Session) -> None:
    session.warm = MODULES
    assert session.run(["sh", "-c", "echo there"], timeout=10).stdout == b"there\n"
    assert session.run(["python3", "-c", "print(1)"], timeout=10).stdout == b"1\n"
    with pytest.raises(RefusedError, match="No such file"):
        session.run(["python3.99", "tool.py"], timeout=10)
