"""Level ``bare``: an ordinary process with its home in a fresh folder, fenced in only as far as the kernel can."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness.sandbox import resident
from harness.sandbox.channel import ProcessWire
from harness.sandbox.inside import fence
from harness.sandbox.session import Session
from harness.sandbox.view import MIB, environment, interpreter


def weaker() -> str:
    """Returns what this level lacks on this machine, in one sentence."""
    if fence.available():
        return (
            "unsandboxed: absolute paths reach the real files of this machine, which can be read, and whose modes and "
            "times can be changed; only writing elsewhere is fenced off (Landlock)"
        )
    return (
        "unsandboxed: absolute paths reach the real files of this machine, and the network and other processes "
        "are open to the system under test"
    )


def open_session(
    *,
    support: Path | None = None,
    image: str | None = None,  # noqa: ARG001 - the same call at every level
    memory_mb: int = 512,
    pids: int = 128,  # noqa: ARG001 - the user's own processes would count
    home_mb: int = 256,
    home_files: int = 0,  # noqa: ARG001 - nor is the disk
) -> Session:
    """Returns a session on this machine itself, as this user; a single file may grow to `home_mb`."""
    folder = tempfile.TemporaryDirectory(prefix="unsandboxed-", ignore_cleanup_errors=True)
    try:
        real = os.path.realpath(folder.name)
        homes, tmp = os.path.join(real, "home"), os.path.join(real, "tmp")
        os.mkdir(homes)
        os.mkdir(tmp)
        argv = resident.command(interpreter(), homes, tmp, real if fence.available() else "")
        return Session(
            "bare",
            ProcessWire(argv, environment()),
            support=None if support is None else str(support.resolve()),
            limits={"RLIMIT_DATA": memory_mb * MIB, "RLIMIT_FSIZE": home_mb * MIB},
            cleanup=folder.cleanup,
        )
    except BaseException:
        folder.cleanup()
        raise
