"""Steps under supervision: what the supervisor inside a sandbox tells of a run, read back.

`harness.sandbox.inside.supervisor` says what it can be ordered to do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from harness.fault import Operation, Recording
from harness.home import Blobs, Home
from harness.sandbox.channel import SandboxError

RECORD: Mapping[str, Any] = {"act": "record", "at": -1, "pictures": True}
"""Orders for a run that nothing befalls."""
RECORD_DATA: Mapping[str, Any] = {**RECORD, "data": True}
"""The same, with all that is written."""


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that came about: before which operation, by number and in words."""

    at: int
    operation: Operation


def _told(report: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, rest = report.partition(b"\n")
    if not head:
        raise SandboxError("the supervisor of a step did not report; it was ended from outside")
    about: dict[str, Any] = json.loads(head)
    if "broken" in about:
        raise SandboxError(f"the supervisor of a step failed: {about['broken']}")
    return about, rest


def fired_of(report: bytes) -> Fired | None:
    """Returns where the fault that was ordered came about, None where it did not.

    Raises:
        SandboxError: there is no report.
    """
    fired = _told(report)[0]["fired"]
    return Fired(fired[0], Operation(fired[1], tuple(fired[2]))) if fired else None


def refused_of(report: bytes) -> str | None:
    """Returns why others' work in a database was refused, empty where it was done; None where there was none.

    Raises:
        SandboxError: there is no report.
    """
    refused: str | None = _told(report)[0].get("refused")
    return refused


def another_of(report: bytes) -> int | None:
    """Returns the exit status of another run, below zero for a signal; None where none was begun, or it has no end.

    Raises:
        SandboxError: there is no report.
    """
    status: int | None = _told(report)[0].get("another")
    return status


def recording_of(report: bytes, root: str, blobs: Blobs) -> Recording:
    """Returns what a run was recorded to do; contents go into `blobs`.

    Raises:
        SandboxError: there is no report.
    """
    about, rest = _told(report)
    places = [0]
    for size in about["sizes"]:
        places.append(places[-1] + size)
    contents = [rest[start:end] for start, end in pairwise(places)]
    for digest, number in about["digests"]:
        blobs[digest] = contents[number]
    operations = tuple(Operation(name, tuple(paths), more) for name, paths, more in about["operations"])
    pictures = {number: Home.from_manifest(root, rows, blobs) for number, rows in about["pictures"]}
    return Recording(operations, pictures, tuple(contents), used=about.get("used", 0))
