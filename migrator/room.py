"""Whether there is a place, and room, for what is to be written; asked before anything is."""

import os
from collections.abc import Iterable

from migrator import files
from migrator.outcome import Refusal

SPARE = 1 << 20  # bytes on each disk, for what nobody counts


def check_writable(path: str) -> None:
    """Our own folder is there, or can be made. Raises Refusal."""
    above = files.existing(path)
    if not os.path.isdir(above) or not os.access(
        above, os.R_OK | os.W_OK | os.X_OK
    ):  # R: to force it to disk
        message = (
            f"The backup is to lie in {path}, but {above} is no folder that this user may read and write."
        )
        raise Refusal("NO_ACCESS", message)


def check_room(wanted: Iterable[tuple[str, int]]) -> None:
    """Every disk has room for the bytes that are to go to these paths. Raises Refusal."""
    needs: dict[int, tuple[str, int]] = {}
    for path, count in wanted:
        if not count:
            continue
        folder = files.existing(path)
        device = os.stat(folder).st_dev
        needs[device] = (folder, needs.get(device, ("", SPARE))[1] + count)
    for folder, need in needs.values():
        free = os.statvfs(folder)
        if free.f_bavail * free.f_frsize < need:
            message = f"The disk that holds {folder} needs {need // SPARE + 1} MiB free; make room."
            raise Refusal("NO_SPACE", message)
