"""Odd and hostile values inside session records: what no healthy tool writes, and yet is still to be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from harness.corruption import Corruption, json_, tree
from harness.home import Home
from harness.systems.ao.model import LEGACY, RESUME_KEYS
from harness.systems.ao.places import Apply, Record, entries, lifecycle_of, on_live

_Edit = Callable[[dict[str, Any], Random], bool | None]
_HOSTILE_WORKTREES = (
    "/", "//", ".", "..", "~", "~root/x", "../../../etc", "/etc", "a\0b", "x" * 5_000, "/" + "d/" * 3_000, "w\n",
)  # fmt: skip
_WRONG_LIFECYCLES: tuple[object, ...] = (
    [],
    7,
    True,
    "text",
    {"session": []},
    {"session": {"state": 5}},
    {"session": "{"},
    {},
)
_OLD_RECORD = (
    b"# a comment\r\n\r\nstatus=working\r\nagent = codex \r\n=no key\nno equals\nbranch=a=b\nbranch=c\nissue="
)


def _edit(edit: _Edit) -> Apply:
    return on_live(
        lambda home, record, random: json_.edited(home, record.path, lambda data: edit(data, random))
    )


def _raw(key: str, raw: bytes) -> Apply:
    return on_live(lambda home, record, _: json_.with_raw_value(home, record.path, key, raw))


def _fourfold(data: dict[str, Any], _: Random) -> bool:
    lifecycle = lifecycle_of(data)
    data["lifecycle"], data["status"] = json_.encoded(lifecycle, 4), "working"
    data.pop("statePayload", None)
    return lifecycle is not None


def _wrong_lifecycle(data: dict[str, Any], random: Random) -> None:
    data.pop("statePayload", None)
    data["lifecycle"], data["status"] = random.choice(_WRONG_LIFECYCLES), "idle"


def _wrong_times(data: dict[str, Any], random: Random) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        return False
    odd: object = random.choice(
        (None, 5, "", [], {"at": "now"}, "2026-13-45T99:99:99Z", "٢٠٢٦-05-01T10:00:00Z")
    )
    session = {**lifecycle["session"], "lastTransitionAt": odd, "startedAt": odd}
    data["lifecycle"] = {
        **lifecycle,
        "session": session,
        "runtime": random.choice(([], {"lastObservedAt": odd})),
    }
    return True


def _payload(data: dict[str, Any], random: Random) -> bool:
    lifecycle = lifecycle_of(data)
    data.pop("lifecycle", None)
    data["statePayload"] = random.choice((json_.encoded(lifecycle, 1), lifecycle))
    data["stateVersion"] = random.choice((2, 2.0, "2", "3", 1, None, [2]))
    data["status"] = "needs_input"
    return lifecycle is not None


def _terminated_at(data: dict[str, Any], random: Random) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        return False
    data["lifecycle"] = {
        **lifecycle,
        "session": {**lifecycle["session"], "terminatedAt": random.choice((False, 0, []))},
    }
    return True


def _texts(text: str) -> Apply:
    return _edit(lambda data, _: data.update(displayName=text, branch=text, issue=text))


def _worktree(data: dict[str, Any], random: Random) -> None:
    data.update(agent="claude-code", claudeSessionUuid="0" * 8, worktree=random.choice(_HOSTILE_WORKTREES))


def _hostile_resume_id(data: dict[str, Any], random: Random) -> bool:
    key = RESUME_KEYS.get(data.get("agent", ""))
    if key is not None:
        data[key] = random.choice(("..", ".", "/etc/passwd", "a\0b", "a/b", "../" * 30 + "etc/passwd", "ü"))
    return key is not None


def _long_resume_id(data: dict[str, Any], _: Random) -> None:
    data.update(agent="claude-code", claudeSessionUuid="u" * 300, worktree="work")


def _foreign_orchestrator(home: Home, record: Record, random: Random) -> Home | None:
    name = random.choice(
        ("zz-orchestrator", "zz-orchestrator-1", f"{record.id}-orchestrator", "orchestrator")
    )
    copy = f"{record.folder}/{name}.json"
    made = tree.copied(home, record.path, copy)
    return made and json_.edited(made, copy, lambda data: data.update(role="orchestrator"))


def _nested(levels: int) -> Apply:
    return _raw("extra", b'{"a":' * levels + b"1" + b"}" * levels)


def _many_keys(data: dict[str, Any], _: Random) -> None:
    data.update({f"prEnrichment_{number}": "{}" for number in range(20_000)})


def _lines(home: Home, record: Record, _: Random) -> Home:
    return home.with_file(record.path, _OLD_RECORD)


def _utf_16(home: Home, record: Record, _: Random) -> Home:
    return home.with_file(record.path, json.dumps(record.data).encode("utf-16"))


def _file(name: str, *contents: object) -> Apply:
    """Returns damage that writes a JSON file of the legacy folder anew."""

    def damage(home: Home, random: Random) -> Home | None:
        return json_.with_object(home, f"{LEGACY}/{name}", random.choice(contents)) if entries(home) else None

    return damage


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("fourfold-encoded-lifecycle", "a lifecycle wrapped in JSON text four times: its status counts", "unknown-state",
     _edit(_fourfold)),
    ("wrong-lifecycle", "a lifecycle that is none: its status counts", "unknown-state", _edit(_wrong_lifecycle)),
    ("wrong-times", "times in a lifecycle that are none", "", _edit(_wrong_times)),
    ("payload-versions", "a state payload with this and other versions", "", _edit(_payload)),
    ("terminated-at-odd", "a working session whose terminatedAt is neither a text nor null", "terminal",
     _edit(_terminated_at)),
    ("nul-escape", "texts with a NUL as an escape", "", _texts("a\0b\0")),
    ("terminal-control", "texts that a terminal would obey", "", _texts("\x1b[2J\x1b]0;owned\x07\u202egnp.exe\r\n")),
    ("text-of-many-planes", "texts of combining, wide and joined characters", "", _texts("e\u0301 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u202b\U0010ffff" )),
    ("long-text", "texts of a hundred thousand characters", "", _texts("語" * 100_000)),
    ("huge-number", "a number of five thousand digits", "", _raw("ciPassingStableCount", b"9" * 5_000)),
    ("infinite-number", "a number that is too large for a number", "", _raw("createdAt", b"1e999")),
    ("huge-key", "a key of a million characters", "", _edit(lambda data, _: data.update({"k" * 1_000_000: 1}))),
    ("many-keys", "twenty thousand keys", "", _edit(_many_keys)),
    ("nested-too-deeply", "six hundred objects inside one another", "corrupt-json", _nested(600)),
    ("nested-bearably", "four hundred objects inside one another", "", _nested(400)),
    ("hostile-worktree", "a worktree that leads out of the home, or is no path", "", _edit(_worktree)),
    ("hostile-resume-id", "a resume id that is a path", "unsafe-resume-id", _edit(_hostile_resume_id)),
    ("long-resume-id", "a resume id longer than a file name can be", "transcript-missing", _edit(_long_resume_id)),
    ("foreign-orchestrator", "an orchestrator with a number, or of another prefix", "", on_live(_foreign_orchestrator)),
    ("key-value-oddities", "key=value text with comments, doubled keys and mixed line ends", "", on_live(_lines)),
    ("utf-16", "a record in UTF-16, as other editors save it", "corrupt-json", on_live(_utf_16)),
    ("odd-last-stop", "a list of stopped sessions of the wrong shape", "",
     _file("last-stop.json", [], {"projectId": 5, "sessionIds": "all"}, {"otherProjects": [7, None, {}]})),
    ("odd-registrations", "an overlay of which one part has the wrong shape", "",
     _file("portfolio/registered.json", {"version": 1, "projects": [7]}, {"version": 2, "projects": []},
           {"version": 1, "projects": [{"path": "/x", "addedAt": 5}]})),
    ("large-overlay", "an overlay of more than four mebibytes", "",
     _file("portfolio/preferences.json", {"version": 1, "projects": {}, "pad": "x" * (4 << 20)})),
)  # fmt: skip

VALUES = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
