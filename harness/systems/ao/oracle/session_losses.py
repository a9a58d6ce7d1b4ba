"""What a session loses or changes on the way, as the reasons of the notes that are due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from harness.records import Record
from harness.systems.ao.oracle.inventory import Found
from harness.systems.ao.oracle.javascript import sound_text
from harness.systems.ao.oracle.lifecycle import STATES, Lifecycle
from harness.systems.ao.oracle.losses import says
from harness.systems.ao.oracle.session import RESUME_KEYS
from harness.systems.ao.oracle.timestamps import read_legacy

_TEXTS = ("worktree", "branch", "issue", "userPrompt", "displayName")
"""Keys of a session whose text is carried over."""

_READ = frozenset(
    {"agent", "project", "role", "createdAt", "status", "lifecycle", "stateVersion", "statePayload"}
)
"""Keys of a session that decide its row in another way."""


def session_losses(found: Found, lifecycle: Lifecycle, row: Record) -> Iterator[str]:
    """Yields the reasons of the notes on a session that gets a row; one may come twice."""
    document = found.document
    texts = [value for key in _TEXTS if isinstance(value := document.get(key), str)]
    if found.replaced or any(sound_text(text) != text for text in texts):
        yield "replaced-text"
    if lifecycle.passed_over or lifecycle.state not in STATES:
        yield "unknown-state"
    born = (document.get("createdAt"), lifecycle.session.get("startedAt"))
    active = (lifecycle.session.get("lastTransitionAt"), lifecycle.runtime.get("lastObservedAt"))
    if _passed_over(born) or _passed_over(active):
        yield "bad-timestamp"
    if not row["harness"]:
        yield "unknown-harness"
    key = RESUME_KEYS.get(str(row["harness"]))
    if key and not row["agent_session_id"]:
        yield "unsafe-resume-id" if says(document.get(key)) else "no-resume-id"
    carried = {*_READ, *(name for name in _TEXTS if isinstance(document.get(name), str)), key}
    if any(name not in carried and says(value) for name, value in document.items()):
        yield "lost-field"


def _passed_over(values: Iterable[Any]) -> bool:
    """Tells whether something that says something is no instant and stands before the first that is one."""
    for value in values:
        if read_legacy(value) is not None:
            return False
        if says(value):
            return True
    return False
