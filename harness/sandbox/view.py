"""What an embedded sandbox sees of this machine: the system's programs, this interpreter, the sources.

A list of what is let in, not of what is hidden: the real home, /var, /run, keys and passwords stay out.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterator
from pathlib import Path

import harness

MIB = 1 << 20
UID = 1000  # inside, as in the container
SUPPORT = "/sut"
WEAKER = (  # than a container, whoever makes the namespaces
    "no control groups: memory is limited for each process and not for all together, processes are not counted "
    "when the harness runs as root; no system call filter"
)
SCRATCH = ("/home", "/tmp", "/dev/shm")  # noqa: S108 - private memory file systems: homes, and whatever is written
PASSWD = f"root:x:0:0::/root:/bin/sh\nu:x:{UID}:{UID}::/home/u:/bin/sh\n"
GROUP = f"root:x:0:\nu:x:{UID}:\n"

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt", "/nix/store", "/gnu/store")
_SETTINGS = (
    "alternatives", "ca-certificates", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "mime.types",
    "nsswitch.conf", "os-release", "pki/tls/certs", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo",
)  # fmt: skip


def interpreter() -> str:
    """Returns the python3 that runners and systems under test get: the one of the harness itself."""
    return sys.executable


def environment() -> dict[str, str]:
    """Returns the environment of a runner: a PATH on which `interpreter` comes first, and nothing else."""
    standard = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"PATH": f"{os.path.dirname(interpreter())}:{standard}", "LANG": "C.UTF-8", "TZ": "UTC"}


def links() -> dict[str, str]:
    """Returns the symbolic links to make, with their targets: ``/bin`` → ``usr/bin`` and the like."""
    return {path: os.readlink(path) for path in _SYSTEM if os.path.islink(path)}


def folders() -> list[str]:
    """Returns the files and folders to show read-only at their own path, none of them inside another.

    What has the user's real home in it stays out.
    """
    home = os.path.realpath(Path.home())
    wanted = [path for path in _SYSTEM if os.path.exists(path) and not os.path.islink(path)]
    wanted += [path for name in _SETTINGS if os.path.exists(path := f"/etc/{name}")]
    wanted += [str(path) for path in _python() if path.exists()]
    shown: list[str] = []
    for path in sorted(set(wanted)):
        holds_home = f"{home}/".startswith(f"{os.path.realpath(path)}/")
        if not holds_home and not any(path.startswith(f"{outer}/") for outer in shown):
            shown.append(path)
    return shown


def _python() -> Iterator[Path]:
    """Yields where this interpreter and what it can import lie, links resolved and not."""
    for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix):
        yield Path(prefix)
        yield Path(os.path.realpath(prefix))
    yield from _steps(Path(sys.executable))
    for package in site.getsitepackages():
        for listing in Path(package).glob("*.pth"):
            for line in listing.read_text("utf-8", "replace").splitlines():
                if line.startswith("/") and Path(line).is_dir():  # an editable install's sources
                    yield Path(line)
    source = Path(harness.__file__).resolve().parents[1]
    if (source / "pyproject.toml").exists():
        yield source


def _steps(program: Path) -> Iterator[Path]:
    """Yields the program, and each that the chain of links from it goes through."""
    yield program
    while program.is_symlink():
        program = Path(os.path.normpath(program.parent / program.readlink()))
        yield program
