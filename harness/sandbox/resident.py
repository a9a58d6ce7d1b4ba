"""The command line that starts the resident runner with any python3, from its text alone."""

from __future__ import annotations

from importlib import resources

_PACKAGE = "harness.sandbox.inside"
_MODULES = ("tree", "picture", "processes", "holding", "runner")  # each imports only those before it
_BOOTSTRAP = """
import sys, types
for name, text in {texts!r}:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), vars(module))
module.main(*sys.argv[1:])
"""


def command(python: str, homes: str, tmp: str) -> list[str]:
    """Returns the command that serves with homes below `homes` and TMPDIR at `tmp`, both its own to empty."""
    package = resources.files(_PACKAGE)
    texts = [(f"{_PACKAGE}.{name}", (package / f"{name}.py").read_text("utf-8")) for name in _MODULES]
    program = _BOOTSTRAP.format(texts=texts)
    return [python, "-I", "-S", "-u", "-X", "utf8", "-c", program, homes, tmp]
