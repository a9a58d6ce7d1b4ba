"""What is left of a file where forcing it to the disk failed: the system may have dropped its bytes for good.

Linux tells of such an error once, and takes the pages for clean from then on: forcing the file again succeeds, and the
bytes are in memory alone (https://lwn.net/Articles/752063/).  Who goes on as if they were safe has lost them.
"""

from __future__ import annotations

from harness.fault import Fault, Recording
from harness.home import Home
from harness.replay import course_of


def forgotten(before: Home, recording: Recording, fault: Fault, after: Home) -> Home:
    """Returns what a run left, once memory has forgotten what the disk never got because of the fault; `after` if nothing.

    Raises:
        ReplayError: the run cannot be replayed.
    """
    if recording.at(fault.at).name != "fsync":
        return after
    at = fault.at
    course = course_of(before, recording.operations, recording.contents)
    inode = course.tried.get(at)
    safe = max((force.at for force in course.forces if force.inode == inode and force.at < at), default=-1)
    lost = {
        number
        for number, change in enumerate(course.changes)
        if change.owner == inode and change.sort == "data" and safe < change.at < at and not change.forced
    }
    if not lost:
        return after
    left = course.tree(set(range(len(course.changes))) - lost, after)
    entries = dict(after.entries)
    for path, entry in left.entries.items():
        there = entries.get(path)
        if there is not None and there.kind == entry.kind == "file" and not path.endswith("-shm"):
            entries[path] = entry
    return Home(after.root, entries, left.blobs)
