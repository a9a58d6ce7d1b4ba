"""A *warm start*: a command in Python begins as the fork of an interpreter that has started and imported modules already.

To start Python and to import takes most of the time of a small command.  The interpreter that waits is started as the
command would be (same program, options and environment), imports what it is told to and runs nothing else; each command
is a process of its own, forked from it, so none sees what another did.  What differs from a cold start: a module that was
imported before knows the HOME and the time of that moment, and the command line in /proc is that of the one that waits.
"""

from __future__ import annotations

import atexit
import builtins
import ctypes
import gc
import importlib.machinery
import json
import os
import re
import resource
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import time
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.sandbox.inside.command import PDEATHSIG, Command, begin, confine, prctl
from harness.sandbox.inside.tree import RefusedError

_PYTHON = re.compile(r"python3?(\.\d+)?")
_ALONE, _WITH_WORD = frozenset({"-B", "-E", "-I", "-P", "-S", "-s", "-u"}), frozenset({"-W", "-X"})
_CHANGING = frozenset({"HOME", "USER", "MIGRATION_REPORT"})  # between commands; the rest is read at the start
_PATIENCE = 60.0  # seconds for the imports
_MOST = 4  # interpreters that wait
_READ_PROGRAM = "exec(open({program}, 'rb').read())"
_PROGRAM = """
import sys, types
for name, text in {texts!r}:
    module = sys.modules[name] = types.ModuleType(name)
    module.__source__ = text
    exec(compile(text, name, "exec"), vars(module))
module.wait({socket}, {modules!r})
"""


class Forked:
    """A command that was forked by an interpreter that waits; as `subprocess.Popen`, as far as that is used.

    `fd` becomes readable when it has ended.
    """

    def __init__(self, waiting: Waiting, pid: int, stdout: int, stderr: int) -> None:
        self._waiting, self.fd = waiting, waiting.fileno()
        self.pid, self.returncode = pid, None  # type: tuple[int, int | None]
        self.stdout = open(stdout, "rb", buffering=0)  # noqa: SIM115 - closed by whom they are read by
        self.stderr = open(stderr, "rb", buffering=0)  # noqa: SIM115 - as above

    def poll(self) -> int | None:
        """Returns the status if it has ended: negative for a signal."""
        if self.returncode is None and select.select([self.fd], [], [], 0)[0]:
            self.returncode = self._waiting.status()
        return self.returncode

    def wait(self) -> int:
        """Returns the status once it has ended."""
        if self.returncode is None:
            self.returncode = self._waiting.status()
        return self.returncode


class Waiting:
    """One interpreter that has imported its modules, and forks a command when asked."""

    def __init__(self, command: Command, options: Sequence[str], files: tuple[int, int]) -> None:
        """It has imported them.

        Raises:
            RefusedError: one cannot be imported.
            OSError: there is no such interpreter.
        """
        here, there = socket.socketpair()
        held = os.memfd_create("program")
        text = _PROGRAM.format(texts=_sources(), socket=there.fileno(), modules=list(command.warm))
        with there, open(held, "wb+") as program:
            program.write(text.encode())
            program.flush()
            os.lseek(held, 0, os.SEEK_SET)
            self._process = subprocess.Popen(
                [*options, "-c", _READ_PROGRAM.format(program=held)],
                env=command.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                cwd="/",
                start_new_session=True,
                pass_fds=[there.fileno(), held],
                preexec_fn=lambda: confine(command, files),  # noqa: PLW1509 - there are no threads
            )
        self.pid, self._socket = self._process.pid, here
        here.settimeout(_PATIENCE)
        trouble = self._answer()
        if trouble != "ready":
            said = trouble or self._complaint()
            self.end()
            raise RefusedError(f"a warm start is not possible: {said}")

    def _complaint(self) -> str:
        self._process.kill()
        assert self._process.stdout
        return (
            self._process.stdout.read().decode("utf-8", "replace")[-1000:].strip() or "the interpreter ended"
        )

    def _answer(self) -> str:
        try:
            size = _whole(self._socket, 4)
            return _whole(self._socket, struct.unpack("I", size)[0]).decode("utf-8", "replace")
        except OSError:
            return ""

    def fileno(self) -> int:
        """Returns what becomes readable when the command has ended."""
        return self._socket.fileno()

    def status(self) -> int:
        """Returns how the command ended, once it has; as killed if the interpreter was, for then it was too."""
        self._socket.settimeout(None)
        answer = self._answer()
        self._socket.settimeout(_PATIENCE)
        return int(answer) if answer else -signal.SIGKILL

    def fork(self, command: Command, fds: Sequence[int]) -> int:
        """Returns the id of the command's process; 0 where nobody waits any more.  Stdin, stdout and stderr come first."""
        about = {
            "argv": command.argv, "env": dict(command.env), "folder": command.folder,
            "supervised": command.supervised, "orders": command.orders, "told": sorted(command.told),
        }  # fmt: skip
        request = json.dumps(about).encode("ascii")
        try:
            socket.send_fds(self._socket, [struct.pack("I", len(request))], fds)
            self._socket.sendall(request)
        except OSError:
            return 0
        answer = self._answer()
        return int(answer) if answer else 0

    def end(self) -> None:
        """It is gone."""
        self._socket.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()


class Interpreters:
    """Those that wait, by how they were started."""

    def __init__(self, files: tuple[int, int]) -> None:
        self._files = files
        self._waiting: dict[str, Waiting] = {}

    def pids(self) -> set[int]:
        """Returns their process ids: they are no command's."""
        return {waiting.pid for waiting in self._waiting.values()}

    def start(self, command: Command, stdin: int, channel: int) -> Forked | None:
        """Returns the command's process; None where it is no Python program, which has to be started cold.

        Raises:
            RefusedError: a module that it is to find imported cannot be.
        """
        options = options_of(command.argv)
        if not options or not command.warm or not _sources()[0][1]:
            return None
        env = {name: value for name, value in command.env.items() if name not in _CHANGING}
        key = repr((options, command.warm, sorted(env.items()), command.limits, command.fence))
        for _ in range(2):  # one that a command has ended is replaced
            if key not in self._waiting:
                if len(self._waiting) >= _MOST:
                    self._waiting.pop(next(iter(self._waiting))).end()
                try:
                    self._waiting[key] = Waiting(command, options, self._files)
                except OSError:
                    return None  # to be told by the cold start
            if found := self._forked(self._waiting[key], command, stdin, channel):
                return found
            self._waiting.pop(key).end()
        return None

    def _forked(self, waiting: Waiting, command: Command, stdin: int, channel: int) -> Forked | None:
        (out, their_out), (err, their_err) = os.pipe(), os.pipe()
        try:
            pid = waiting.fork(command, [stdin, their_out, their_err, *([channel] if channel >= 0 else [])])
        finally:
            os.close(their_out)
            os.close(their_err)
        if pid:
            return Forked(waiting, pid, out, err)
        os.close(out)
        os.close(err)
        return None

    def end(self) -> None:
        """None waits any more."""
        for waiting in self._waiting.values():
            waiting.end()
        self._waiting.clear()


def options_of(argv: Sequence[str]) -> list[str]:
    """Returns the interpreter and its options of a command that runs a module or a file; nothing for any other."""
    if not argv or not _PYTHON.fullmatch(os.path.basename(argv[0])):
        return []
    place = 1
    while place < len(argv) and argv[place] in _ALONE | _WITH_WORD:
        place += 2 if argv[place] in _WITH_WORD else 1
    rest = argv[place:]
    runs = len(rest) > 1 and rest[0] == "-m" if rest and rest[0].startswith("-") else bool(rest)
    return list(argv[:place]) if runs else []


def _sources() -> list[tuple[str, str]]:
    """Returns the modules that the interpreter needs as well, with their texts, as this process was started with them."""
    package = __name__.rpartition(".")[0] + "."
    found = [name for name in sys.modules if name.startswith(package)]
    return [
        (name, getattr(sys.modules[name], "__source__", "")) for name in found[: found.index(__name__) + 1]
    ]


def _whole(connection: socket.socket, length: int) -> bytes:
    """Returns so many bytes; raises OSError where there are fewer."""
    found = b""
    while len(found) < length:
        piece = connection.recv(length - len(found))
        if not piece:
            raise ConnectionResetError
        found += piece
    return found


# -- in the interpreter that waits ----------------------------------------------------------------------
def wait(number: int, modules: Sequence[str]) -> None:
    """Imports the modules and forks a command for each request.  Returns never there, and in a command's process at its end."""
    connection = socket.socket(fileno=number)
    safe = bool(getattr(sys.flags, "safe_path", sys.flags.isolated))
    if not safe:
        del sys.path[0]  # it stands for the folder of a command, which is not there yet
    try:
        for name in modules:
            importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a module is told
        _say(connection, f"{type(error).__name__}: {error}")
        os._exit(1)
    gc.collect()
    gc.freeze()  # its pages stay shared
    _say(connection, "ready")
    while True:
        try:
            head, fds, _, _ = socket.recv_fds(connection, 4, 8)
            request = json.loads(_whole(connection, struct.unpack("I", head)[0]))
        except (OSError, struct.error):
            os._exit(0)
        pid = os.fork()
        if pid == 0:
            connection.close()
            _become(request, fds)
            _run(request["argv"], safe=safe)
            return
        for fd in fds:
            os.close(fd)
        _say(connection, str(pid))
        _say(connection, str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _say(connection: socket.socket, text: str) -> None:
    told = text.encode("utf-8", "replace")
    connection.sendall(struct.pack("I", len(told)) + told)


def _become(request: Mapping[str, Any], fds: Sequence[int]) -> None:
    """This process is what the command is to run in."""
    os.setsid()
    prctl(PDEATHSIG, signal.SIGKILL)
    for number, fd in enumerate(fds[:3]):
        os.dup2(fd, number)
    channel = fds[3] if len(fds) > 3 else -1
    for fd in fds[:3]:
        os.close(fd)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    command = Command(
        request["argv"], request["env"], request["folder"], b"", 0.0, {}, orders=request["orders"],
        supervised=request["supervised"], told=set(request["told"]),
    )  # fmt: skip
    begin(command, channel)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _run(argv: Sequence[str], *, safe: bool) -> None:
    """The module or file has run, as the interpreter itself would have run it."""
    words = list(argv[len(options_of(argv)) :])
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    vars(main).update(__builtins__=builtins, __annotations__={})
    for name in [name for name, _ in _sources()]:
        del sys.modules[name]  # no command finds them imported
    atexit.register(_spare, dict(sys.modules))
    sys.orig_argv = list(argv)
    if words[0] == "-m":
        folder, sys.argv = os.getcwd(), ["-m", *words[2:]]
        run: Callable[[], object] = lambda: runpy._run_module_as_main(words[1])  # type: ignore[attr-defined]  # noqa: E731, SLF001
    else:
        folder, sys.argv = os.path.dirname(os.path.realpath(words[0])), words
        run = lambda: _run_file(words[0], vars(main))  # noqa: E731
    if not safe:
        sys.path.insert(0, folder)
    try:
        run()
    except Exception as error:  # noqa: BLE001 - as the interpreter: told on stderr, status 1
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __name__:
            trace = trace.tb_next
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        raise SystemExit(1) from None


def _spare(found: Mapping[str, types.ModuleType]) -> None:
    """What the standard library keeps is not taken apart at the end, as half the time would go into: nobody would see it.

    It runs last of all that was registered; what the command's own modules keep ends as ever.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))
    library = os.path.dirname(os.__file__) + "/"
    for name, module in found.items():
        place = getattr(module, "__file__", None) or ""
        own = "/site-packages/" in place or not place.startswith(library)
        if sys.modules.get(name) is module and not own:
            del sys.modules[name]


def _run_file(given: str, names: dict[str, Any]) -> None:
    path = given if given.startswith("/") else f"{os.getcwd()}/{given}"
    with open(path, "rb") as file:
        text = file.read()
    names.update(
        __file__=path, __cached__=None, __loader__=importlib.machinery.SourceFileLoader("__main__", path)
    )
    exec(compile(text, path, "exec"), names)  # noqa: S102 - it is the command
