"""Level ``bubblewrap``: namespaces made by bwrap (0.7 or newer), for any user where user namespaces are open."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.sandbox import resident
from harness.sandbox.channel import ProcessWire, SandboxError
from harness.sandbox.session import Session
from harness.sandbox.view import (
    GROUP,
    MIB,
    PASSWD,
    SCRATCH,
    SUPPORT,
    UID,
    environment,
    folders,
    interpreter,
    links,
)


def open_session(
    *,
    support: Path | None = None,
    image: str | None = None,  # noqa: ARG001 - the same call at every level
    memory_mb: int = 512,
    pids: int = 128,
    home_mb: int = 256,
    home_files: int = 0,  # noqa: ARG001 - bwrap cannot limit it
) -> Session:
    """Returns a session in fresh namespaces: no network, its own processes, a read-only view of the system.

    Raises:
        SandboxError: there is no bwrap, or this machine does not let it do its work.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise SandboxError("bwrap is not installed (the package is called bubblewrap)")
    with contextlib.ExitStack() as opened:
        texts = {path: opened.enter_context(_held(text)) for path, text in _texts().items()}
        argv = [bwrap, *_walls(), *_view(texts, support, home_mb), "--", *_runner()]
        wire = ProcessWire(argv, environment(), pass_fds=list(texts.values()))
    return Session(
        "bubblewrap",
        wire,
        support=None if support is None else SUPPORT,
        limits={"RLIMIT_DATA": memory_mb * MIB, "RLIMIT_NPROC": pids},
    )


def _runner() -> list[str]:
    return resident.command(interpreter(), "/home", "/tmp")  # noqa: S108 - a private one


def _walls() -> list[str]:
    identity = ["--uid", str(UID), "--gid", str(UID), "--hostname", "sandbox"]
    walls = ["--unshare-all", "--unshare-user", "--disable-userns", "--cap-drop", "ALL", "--new-session"]
    return [*walls, *identity, "--die-with-parent", "--as-pid-1"]


def _view(texts: dict[str, int], support: Path | None, home_mb: int) -> list[str]:
    size = str(home_mb * MIB)
    arguments = ["--proc", "/proc", "--dev", "/dev", "--dir", "/run"]
    for path in SCRATCH:  # first: what is shown may lie below one of them, as a checkout in /home does
        arguments += ["--size", size, "--tmpfs", path]
    for path in folders():
        arguments += ["--ro-bind", path, path]
    for path, target in links().items():
        arguments += ["--symlink", target, path]
    for path, fd in texts.items():
        arguments += ["--perms", "0444", "--ro-bind-data", str(fd), path]
    if support is not None:
        arguments += ["--ro-bind", str(support), SUPPORT]
    return [*arguments, "--remount-ro", "/dev", "--remount-ro", "/"]


def _texts() -> dict[str, str]:
    return {"/etc/passwd": PASSWD, "/etc/group": GROUP}


@contextlib.contextmanager
def _held(text: str) -> Iterator[int]:
    """Yields a descriptor from which a text can be read once."""
    fd = os.memfd_create("text")
    try:
        os.write(fd, text.encode())
        os.lseek(fd, 0, os.SEEK_SET)
        yield fd
    finally:
        os.close(fd)
