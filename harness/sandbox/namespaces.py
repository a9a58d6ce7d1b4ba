"""Level ``namespaces``: as bubblewrap, made by a small program of ours, so that nothing need be installed."""

from __future__ import annotations

import json
from pathlib import Path

from harness.sandbox import resident, unshare
from harness.sandbox.channel import ProcessWire
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
    home_files: int = 0,
) -> Session:
    """Returns a session in fresh namespaces: no network, its own processes, a read-only view of the system.

    Raises:
        SandboxError: this machine does not let the harness make namespaces; the message has the call refused.
    """
    show = [(path, path) for path in folders()]
    if support is not None:
        show.append((str(support.resolve()), SUPPORT))
    view = {
        "show": show,
        "links": links(),
        "texts": {"/etc/passwd": PASSWD, "/etc/group": GROUP},
        "scratch": list(SCRATCH),
        "bytes": home_mb * MIB,
        "files": home_files,
        "uid": UID,
        "argv": resident.command(interpreter(), "/home", "/tmp"),  # noqa: S108
    }
    wire = ProcessWire([interpreter(), "-I", "-S", str(unshare.__file__), json.dumps(view)], environment())
    return Session(
        "namespaces",
        wire,
        support=None if support is None else SUPPORT,
        limits={"RLIMIT_DATA": memory_mb * MIB, "RLIMIT_NPROC": pids},
    )
