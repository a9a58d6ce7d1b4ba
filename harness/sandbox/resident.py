"""How a resident runner is started with any python3: a short command line, then its text on stdin."""

from __future__ import annotations

from functools import cache
from importlib import resources

_PACKAGE = "harness.sandbox.inside"
_MODULES = (
    "tree",
    "picture",
    "fence",
    "watching",
    "ballast",
    "tracing",
    "clock",
    "calls",
    "operations",
    "another",
    "guest",
    "supervisor",
    "strays",
    "command",
    "warm",
    "processes",
    "clients",
    "holding",
    "runner",
)  # each imports only those before it
_READ_PROGRAM = "import sys; exec(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))"
_PROGRAM = """
import sys, types
for name, text in {texts!r}:
    module = sys.modules[name] = types.ModuleType(name)
    module.__source__ = text
    exec(compile(text, name, "exec"), vars(module))
module.main(*sys.argv[1:])
"""


def command(python: str, homes: str, tmp: str, fence: str = "") -> list[str]:
    """Returns the command that serves with homes below `homes` and TMPDIR at `tmp`, both its own to empty.

    With `fence`, what it runs can write only below that folder.
    """
    return [python, "-I", "-S", "-u", "-X", "utf8", "-c", _READ_PROGRAM, homes, tmp, fence]


@cache
def opening() -> bytes:
    """Returns what that command must first be sent: the length of a program, and the program."""
    package = resources.files(_PACKAGE)
    texts = [(f"{_PACKAGE}.{name}", (package / f"{name}.py").read_text("utf-8")) for name in _MODULES]
    program = _PROGRAM.format(texts=texts).encode()
    return b"%d\n" % len(program) + program
