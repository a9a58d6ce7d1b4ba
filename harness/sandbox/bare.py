"""Level ``bare``: an ordinary process with its home in a fresh folder.  Nothing but the address is private."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from harness.sandbox import resident
from harness.sandbox.channel import ProcessWire
from harness.sandbox.session import Session
from harness.sandbox.view import MIB, environment, interpreter

WEAKER = (
    "unsandboxed: absolute paths reach the real files of this machine, and the network, other processes and "
    "memory are open to the system under test"
)


def open_session(
    *,
    support: Path | None = None,
    image: str | None = None,  # noqa: ARG001 - the same call at every level
    memory_mb: int = 512,
    pids: int = 128,  # noqa: ARG001 - the user's own processes would count
    home_mb: int = 256,
) -> Session:
    """Returns a session on this machine itself, as this user; a file may grow to `home_mb`."""
    place = tempfile.TemporaryDirectory(prefix="unsandboxed-", ignore_cleanup_errors=True)
    homes, tmp = (os.path.join(os.path.realpath(place.name), name) for name in ("home", "tmp"))
    os.mkdir(homes)
    os.mkdir(tmp)
    try:
        wire = ProcessWire(resident.command(interpreter(), homes, tmp), environment())
        return Session(
            "bare",
            wire,
            support=None if support is None else str(support.resolve()),
            limits={"RLIMIT_DATA": memory_mb * MIB, "RLIMIT_FSIZE": home_mb * MIB},
            cleanup=place.cleanup,
        )
    except BaseException:
        place.cleanup()
        raise
