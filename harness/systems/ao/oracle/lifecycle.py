"""The state of a session: from its lifecycle record if there is a usable one, else from its ``status``.

Sources: ``packages/core/src/lifecycle-state.ts`` (record and status table), ``utils/validation.ts`` (which
statuses are known).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.systems.ao.oracle.javascript import NotJsonError, parse_json

_NOTHING: tuple[Any, ...] = (None, "", [], {})  # values that say nothing
_LEVELS = 3  # times a value may be wrapped into a JSON string

_ACTIVITY = {"working": "active", "needs_input": "waiting_input"}
"""Legacy states that are not ``idle`` in the rewrite; ended sessions are never migrated."""

STATES = frozenset(
    {"not_started", "working", "idle", "needs_input", "stuck", "detecting", "done", "terminated"}
)
"""The states that legacy knows; any other is idle in the rewrite."""

_ENDED = frozenset({"done", "terminated"})

_STATE_OF_STATUS = {
    "spawning": "not_started",
    "needs_input": "needs_input",
    "stuck": "stuck",
    "errored": "terminated",
    "killed": "terminated",
    "terminated": "terminated",
    "cleanup": "terminated",
    "done": "done",
    "idle": "idle",
    "merged": "idle",
} | dict.fromkeys(
    (
        "starting",
        "working",
        "detecting",
        "pr_open",
        "ci_failed",
        "review_pending",
        "changes_requested",
        "approved",
        "mergeable",
    ),
    "working",
)
"""A status outside this table reads as ``spawning``, which is ``not_started``."""


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The effective lifecycle of a session; empty mappings where only a status was there.

    `passed_over` tells that a lifecycle, a payload or a status is written down but none that can be used.
    """

    state: str
    session: Mapping[str, Any]
    runtime: Mapping[str, Any]
    passed_over: bool = False

    @property
    def ended(self) -> bool:
        """Tells whether the session is over: by its state, or because a time of termination is noted."""
        return self.state in _ENDED or self.session.get("terminatedAt") is not None

    @property
    def activity(self) -> str:
        """Returns the rewrite's activity state of a session that is not over."""
        return _ACTIVITY.get(self.state, "idle")


def lifecycle_of(document: Mapping[str, Any]) -> Lifecycle:
    """Returns the effective lifecycle of a session document."""
    candidates = [document.get("lifecycle")]
    version = document.get("stateVersion")
    if version == "2" or (version == 2 and not isinstance(version, bool)):
        candidates.append(document.get("statePayload"))
    passed_over = False
    for candidate in candidates:
        record = _object(candidate)
        session = _object(record.get("session"))
        if isinstance(session.get("state"), str):
            return Lifecycle(session["state"], session, _object(record.get("runtime")), passed_over)
        passed_over = passed_over or candidate not in _NOTHING
    status = document.get("status")
    state = _STATE_OF_STATUS.get(status) if isinstance(status, str) else None
    return Lifecycle(
        state or "not_started", {}, {}, passed_over or (state is None and status not in _NOTHING)
    )


def _object(value: Any) -> Mapping[str, Any]:
    """Returns an object that may be wrapped into up to three JSON strings; an empty one for anything else."""
    for _ in range(_LEVELS):
        if not isinstance(value, str):
            break
        try:
            value = parse_json(value)
        except NotJsonError:
            return {}
    return value if isinstance(value, dict) else {}
