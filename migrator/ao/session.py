"""One legacy session record: read from its bytes, and mapped to the new system's terms.

Formats: `packages/core/src/metadata.ts` and `key-value.ts`; lifecycle: `lifecycle-state.ts` (all of the legacy
tool). Where the two real migrators of that tool differ, the reading that loses less is taken.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from migrator.ao import moments

BOUND = 64 << 20
DECODINGS = 3  # how often a value may be JSON inside a JSON string

SURROGATE = re.compile("[\ud800-\udfff]")
ASSIGNMENT = re.compile(r"[A-Za-z][A-Za-z0-9_]*=")
SAFE_TOKEN = re.compile(r"[A-Za-z0-9._-]+")

ACTIVITY = {
    "working": "active",
    "needs_input": "waiting_input",
    **dict.fromkeys(("not_started", "idle", "detecting", "stuck", "done", "terminated"), "idle"),
}
STATUS = {  # the legacy reader's table for records without a usable lifecycle; any other text is `working`
    "spawning": "not_started",
    "needs_input": "needs_input",
    "stuck": "stuck",
    **dict.fromkeys(("errored", "killed", "terminated", "cleanup"), "terminated"),
    "done": "done",
    **dict.fromkeys(("idle", "merged"), "idle"),
    **dict.fromkeys(("", "unknown"), "not_started"),
}
HARNESSES = frozenset(  # the CHECK of sessions.harness in schema 12
    [
        "claude-code",
        "codex",
        "aider",
        "opencode",
        "grok",
        "droid",
        "amp",
        "agy",
        "crush",
        "cursor",
        "qwen",
        "copilot",
        "goose",
        "auggie",
        "continue",
        "devin",
        "cline",
        "kimi",
        "kiro",
        "kilocode",
        "vibe",
        "pi",
        "autohand",
    ]
)
RESUME_KEY = {"claude-code": "claudeSessionUuid", "codex": "codexThreadId", "opencode": "opencodeSessionId"}
LOST = [
    "pr",
    "prs",
    "summary",
    "pinnedSummary",
    "issueTitle",
    "displayNameUserSet",
    "prAutoDetect",
    "agentReport",
    "agentReportedState",
    "reportWatcher",
    "restoredAt",
    "codexModel",
    "restoreFallbackReason",
    "runtimeHandle",
    "tmuxName",
    "dashboard",
    "opencodeCleanedAt",
]
COLUMNS = {
    "issue_id": "issue",
    "branch": "branch",
    "workspace_path": "worktree",
    "prompt": "userPrompt",
    "display_name": "displayName",
}

Tell = Callable[[str, str], None]  # a note's reason and detail


class BadRecordError(Exception):
    """The bytes are no session record; `reason` is one of the report's."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Session:
    """A live or ended session in the new system's terms; all text is valid Unicode, all times are stored form."""

    id: str
    ended: bool
    killed: bool
    orchestrator: bool
    activity: str
    harness: str
    resume_id: str
    texts: dict[str, str]
    created_at: str
    active_at: str
    updated_at: str


def record(data: bytes, tell: Tell) -> dict[str, Any]:
    """The record that the bytes hold, JSON or key=value. Raises BadRecordError."""
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if "\ufffd" in text and "\ufffd".encode() not in data:
        tell("replaced-text", "bytes that are not UTF-8 were replaced")
    start = text.lstrip()[:1]
    if not start:
        raise BadRecordError("empty-file", "no data; the id was only reserved")
    pairs = {} if start in '{["' else _pairs(text)
    if pairs:
        return pairs
    try:
        value = _json(text)
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadRecordError("corrupt-json", what) from None
    if not isinstance(value, dict):
        raise BadRecordError("not-an-object", f"holds a {type(value).__name__}, not a record")
    return value


def _pairs(text: str) -> dict[str, Any]:
    lines = [line.strip() for line in text.split("\n")]
    found = [line.partition("=") for line in lines if line and not line.startswith("#") and "=" in line]
    if not any(ASSIGNMENT.match(line) for line in lines):
        return {}
    return {key.strip(): value.strip() for key, _, value in found}


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse, parse_int=_number)


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 400 else float(digits)


def clean(text: str) -> str:
    """The text with lone surrogates, which no database can store, replaced."""
    return SURROGATE.sub("\ufffd", text)


def _mapping(value: Any) -> dict[str, Any] | None:
    for _ in range(DECODINGS):
        if not isinstance(value, str):
            break
        try:
            value = _json(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None


def _lifecycle(raw: dict[str, Any], tell: Tell) -> tuple[dict[str, Any], dict[str, Any]]:
    """The effective session and runtime parts: lifecycle, else statePayload of version 2, else status."""
    candidates = [raw.get("lifecycle")]
    version = raw.get("stateVersion")
    if version == "2" or (version == 2 and not isinstance(version, bool)):
        candidates.append(raw.get("statePayload"))
    for candidate in candidates:
        whole = _mapping(candidate) or {}
        part = _mapping(whole.get("session"))
        if part and isinstance(part.get("state"), str):
            return part, _mapping(whole.get("runtime")) or {}
        if candidate:
            tell("unknown-state", "the lifecycle could not be read; its status was used")
    status = raw.get("status")
    return {"state": STATUS.get(status, "working") if isinstance(status, str) else "not_started"}, {}


def session(raw: dict[str, Any], sid: str, mtime_ns: int, tell: Tell) -> Session:
    """The record in the new system's terms; what it loses on the way is told."""
    part, runtime = _lifecycle(raw, tell)
    state = part["state"]
    if state not in ACTIVITY:
        tell("unknown-state", f"state {clean(state)[:80]!r} is taken as idle")
    replaced: list[str] = []
    texts = {column: _text(raw.get(key), replaced) for column, key in COLUMNS.items()}
    if replaced:
        tell("replaced-text", "lone surrogates were replaced")
    created = _first([raw.get("createdAt"), part.get("startedAt")], moments.from_ns(mtime_ns), tell)
    moved = part.get("lastTransitionAt")
    active = _first([moved, runtime.get("lastObservedAt")], created, tell)
    harness = _harness(raw.get("agent"), tell)
    lost = [key for key in LOST if raw.get(key)] + [
        k for k in COLUMNS.values() if raw.get(k) and not isinstance(raw[k], str)
    ]
    if lost:
        tell("lost-field", ", ".join(lost))
    return Session(
        id=sid,
        ended=state in {"done", "terminated"} or part.get("terminatedAt") is not None,
        killed=part.get("reason") == "manually_killed",
        orchestrator=raw.get("role") == "orchestrator" or part.get("kind") == "orchestrator",
        activity=ACTIVITY.get(state, "idle"),
        harness=harness,
        resume_id=_resume_id(raw, harness, tell),
        texts=texts,
        created_at=created,
        active_at=active,
        updated_at=moments.parsed(moved) or created,
    )


def _text(value: Any, replaced: list[str]) -> str:
    if not isinstance(value, str):
        return ""
    good = clean(value)
    if good != value:
        replaced.append(value)
    return good


def _first(values: list[Any], last: str, tell: Tell) -> str:
    for value in values:
        if moment := moments.parsed(value):
            return moment
        if value is not None and value != "":
            tell("bad-timestamp", f"{clean(str(value))[:80]!r} is no time; the next source was used")
    return last


def _harness(agent: Any, tell: Tell) -> str:
    if isinstance(agent, str) and agent in HARNESSES:
        return agent
    tell("unknown-harness", f"agent {clean(str(agent))[:80]!r}" if agent else "no agent named")
    return ""


def _resume_id(raw: dict[str, Any], harness: str, tell: Tell) -> str:
    if harness not in RESUME_KEY:
        return ""
    value = raw.get(RESUME_KEY[harness])
    if not value:
        tell("no-resume-id", f"no {RESUME_KEY[harness]}")
        return ""
    if isinstance(value, str) and SAFE_TOKEN.fullmatch(value) and value not in {".", ".."}:
        return value
    tell("unsafe-resume-id", f"{RESUME_KEY[harness]} is not a plain token")
    return ""
