"""One legacy session record: read from its bytes, and mapped to the new system's terms.

Formats: `packages/core/src/metadata.ts` and `key-value.ts`; lifecycle: `lifecycle-state.ts` (all of the legacy
tool). Where the two real migrators of that tool differ, the reading that loses less is taken.
"""

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from migrator.ao import moments

DECODINGS = 3  # how often a value may be JSON inside a JSON string
MAX_DEPTH = 500  # levels; real records have fewer than ten
ACTIVITY = {
    "working": "active",
    "needs_input": "waiting_input",
    **dict.fromkeys(("not_started", "idle", "detecting", "stuck", "done", "terminated"), "idle"),
}
STATUS = {  # the legacy reader's table for records without a usable lifecycle; it takes any other text as `spawning`
    **dict.fromkeys(("errored", "killed", "terminated", "cleanup"), "terminated"),
    **dict.fromkeys(("idle", "merged"), "idle"),
    **{status: status for status in ("needs_input", "stuck", "done")},
    **dict.fromkeys(
        (
            "starting", "working", "detecting", "pr_open", "ci_failed", "review_pending", "changes_requested",
            "approved", "mergeable",
        ),
        "working",
    ),
    "spawning": "not_started",
}  # fmt: skip
HARNESSES = {  # the CHECK of sessions.harness in schema 12
    "claude-code", "codex", "aider", "opencode", "grok", "droid", "amp", "agy", "crush", "cursor", "qwen",
    "copilot", "goose", "auggie", "continue", "devin", "cline", "kimi", "kiro", "kilocode", "vibe", "pi",
    "autohand",
}  # fmt: skip
RESUME_KEY = {"claude-code": "claudeSessionUuid", "codex": "codexThreadId", "opencode": "opencodeSessionId"}
COLUMNS = {
    "issue_id": "issue", "branch": "branch", "workspace_path": "worktree", "prompt": "userPrompt",
    "display_name": "displayName",
}  # fmt: skip

READ = {  # what decides a session in another way than as the text of a column
    "agent", "project", "role", "createdAt", "status", "lifecycle", "stateVersion", "statePayload",
}  # fmt: skip
NOTHING: tuple[Any, ...] = (None, "", [], {})  # values of which nothing is lost

Tell = Callable[[str, str], None]  # a note's reason and detail


class BadRecordError(Exception):
    """The bytes are no session record: one of the report's reasons, and the detail."""


class Session(NamedTuple):
    """A live or ended session; `columns` are those of its row that it decides alone, all text valid Unicode.

    `born` is its own word on when it was made, empty where it has none.
    """

    born: str
    ended: bool
    killed: bool
    orchestrator: bool
    columns: dict[str, Any]


def record(data: bytes, tell: Tell) -> dict[str, Any]:
    """The record that the bytes hold, JSON or key=value. Raises BadRecordError."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if text.count("\ufffd") != data.count("\ufffd".encode()):
        tell("replaced-text", "bytes that are not UTF-8 were replaced")
    start = text.lstrip()[:1]
    if not start:
        raise BadRecordError("empty-file", "no data; the id was only reserved")
    if start not in '{["' and re.search(r"^[^\S\n]*[A-Za-z][A-Za-z0-9_]*=", text, re.MULTILINE):
        lines = [line.strip() for line in text.split("\n")]
        pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
        return {key.strip(): value.strip() for key, _, value in pairs if key.strip()}
    try:
        value = strict_json(text)
    except ValueError as error:
        raise BadRecordError("corrupt-json", str(error)) from None
    if not isinstance(value, dict):
        raise BadRecordError("not-an-object", f"holds a {type(value).__name__}, not a record")
    return value


def strict_json(text: str) -> Any:
    """The value of a JSON text, as strict as JavaScript. Raises ValueError, for too much nesting as well."""
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_number)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _deep(value):
        raise ValueError("nested too deeply")
    return value


def _deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        held = [
            one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)
        ]
        level = [item for items in held for item in items]
    return bool(level)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def clean(text: str) -> str:
    """The text with lone surrogates, which no database can store, replaced."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _mapping(value: Any) -> dict[str, Any]:
    for _ in range(DECODINGS):
        if isinstance(value, str):
            try:
                value = strict_json(value)
            except ValueError:
                return {}
    return value if isinstance(value, dict) else {}


def _lifecycle(raw: dict[str, Any], tell: Tell) -> tuple[dict[str, Any], dict[str, Any]]:
    """The effective session and runtime parts: lifecycle, else statePayload of version 2, else status."""
    version = raw.get("stateVersion")
    second = version == "2" or (version == 2 and not isinstance(version, bool))
    for candidate in (raw.get("lifecycle"), raw.get("statePayload") if second else None):
        whole = _mapping(candidate)
        part = _mapping(whole.get("session"))
        if isinstance(part.get("state"), str):
            return part, _mapping(whole.get("runtime"))
        if candidate not in NOTHING:
            tell("unknown-state", "the lifecycle could not be read; its status was used")
    status = raw.get("status")
    state = STATUS.get(status) if isinstance(status, str) else None
    if state is None and status not in NOTHING:
        tell("unknown-state", f"status {clean(str(status))[:80]!r} is taken as not started")
    return {"state": state or "not_started"}, {}


def session(raw: dict[str, Any], mtime_ns: int, tell: Tell) -> Session:
    """The record in the new system's terms; what it loses on the way is told."""
    part, runtime = _lifecycle(raw, tell)
    state, moved = part["state"], part.get("lastTransitionAt")
    if state not in ACTIVITY:
        tell("unknown-state", f"state {clean(state)[:80]!r} is taken as idle")
    texts = {key: value for key in COLUMNS.values() if isinstance(value := raw.get(key), str)}
    if any(clean(text) != text for text in texts.values()):
        tell("replaced-text", "lone surrogates were replaced")
    created = _first([raw.get("createdAt"), part.get("startedAt")], moments.from_ns(mtime_ns), tell)
    active = _first([moved, runtime.get("lastObservedAt")], created, tell)
    harness = _harness(raw.get("agent"), tell)
    carried = {*READ, *texts, RESUME_KEY.get(harness, "")}
    if lost := [key for key, value in raw.items() if key not in carried and value not in NOTHING]:
        tell("lost-field", few(lost))
    columns = {
        **{column: clean(texts.get(key, "")) for column, key in COLUMNS.items()},
        "harness": harness,
        "activity_state": ACTIVITY.get(state, "idle"),
        "activity_last_at": active,
        "first_signal_at": active,
        "is_terminated": 0,
        "runtime_handle_id": "",
        "agent_session_id": _resume_id(raw, harness, tell),
        "created_at": created,
        "updated_at": active if moments.parsed(moved) else created,
    }
    return Session(
        born=created if moments.parsed(raw.get("createdAt")) else "",
        ended=state in {"done", "terminated"} or part.get("terminatedAt") is not None,
        killed=part.get("reason") == "manually_killed",
        orchestrator="orchestrator" in (raw.get("role"), part.get("kind")),
        columns=columns,
    )


def _first(values: list[Any], last: str, tell: Tell) -> str:
    for value in values:
        if moment := moments.parsed(value):
            return moment
        if value not in NOTHING:
            tell("bad-timestamp", f"{clean(str(value))[:80]!r} is no time; the next source was used")
    return last


def few(names: list[str]) -> str:
    """The names, so many and so much of each that a person can read them."""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(clean(name)[:80] for name in names[:20]) + more


def _harness(agent: Any, tell: Tell) -> str:
    if isinstance(agent, str) and agent in HARNESSES:
        return agent
    tell("unknown-harness", f"agent {clean(str(agent))[:80]!r}" if agent else "no agent named")
    return ""


def _resume_id(raw: dict[str, Any], harness: str, tell: Tell) -> str:
    key = RESUME_KEY.get(harness, "")
    value = raw.get(key) if key else None
    if isinstance(value, str) and re.fullmatch("[A-Za-z0-9._-]+", value) and value not in {".", ".."}:
        return value
    if key:
        none = value in NOTHING
        tell(
            *(("no-resume-id", f"no {key}") if none else ("unsafe-resume-id", f"{key} is not a plain token"))
        )
    return ""
