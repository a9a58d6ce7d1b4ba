"""Damage to single session records, and to what lies beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from harness.corruption import Corruption, bytes_, json_, tree
from harness.home import Home
from harness.systems.ao.model import RESUME_KEYS
from harness.systems.ao.places import Apply, Record, lifecycle_of, on_file, on_live

_Edit = Callable[[dict[str, Any], Random], bool | None]
_STAMP = 1_781_600_000_000  # ms, in the names that legacy gives to what a crash left


def _edit(edit: _Edit) -> Apply:
    """Returns a change to the object of a live record."""
    return on_live(
        lambda home, record, random: json_.edited(home, record.path, lambda data: edit(data, random))
    )


def _not_an_object(home: Home, path: str, random: Random) -> Home:
    data = json_.read_object(home, path)
    return json_.with_object(home, path, random.choice(([], [data], json_.encoded(data, 1))))


def _corrupt_copy(home: Home, path: str, random: Random) -> Home | None:
    copy = tree.copied(home, path, f"{path}.corrupt-{_STAMP + random.randrange(10**6)}")
    return copy and bytes_.truncated(copy, _added(home, copy), random)


def _added(before: Home, after: Home) -> str:
    return next(iter(after.entries.keys() - before.entries.keys()))


def _leftovers(home: Home, path: str, random: Random) -> Home | None:
    if home.get(f"{path}.lock") is not None:
        return None
    torn = home.content(path)[: random.randrange(40)]
    return home.with_file(f"{path}.lock", b"").with_file(
        f"{path}.tmp.{random.randrange(2, 9999)}.{_STAMP}", torn
    )


def _key_value(home: Home, record: Record, _: Random) -> Home:
    lines = []
    for key, value in record.data.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        lines.append(f"{key}={' '.join(shown.split())}\n")
    return home.with_file(record.path, "".join(lines).encode("utf-8", "replace"))


def _encoded_lifecycle(times: int) -> _Edit:
    def edit(data: dict[str, Any], _: Random) -> bool:
        lifecycle = lifecycle_of(data)
        data["lifecycle"] = json_.encoded(lifecycle, times)
        return lifecycle is not None

    return edit


def _session_as_text(data: dict[str, Any], _: Random) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        return False
    data["lifecycle"] = {**lifecycle, "session": json_.encoded(lifecycle["session"], 1)}
    return True


def _session_field(key: str, *values: object) -> _Edit:
    """Returns an edit that sets a key of the lifecycle's session."""

    def edit(data: dict[str, Any], random: Random) -> bool:
        lifecycle = lifecycle_of(data)
        if lifecycle is None:
            return False
        data["lifecycle"] = {**lifecycle, "session": {**lifecycle["session"], key: random.choice(values)}}
        return True

    return edit


def _field(key: str, *values: object) -> _Edit:
    """Returns an edit that sets a key of the record."""

    def edit(data: dict[str, Any], random: Random) -> None:
        data[key] = random.choice(values)

    return edit


def _ended_without_lifecycle(data: dict[str, Any], _: Random) -> None:
    for key in ("lifecycle", "statePayload", "stateVersion"):
        data.pop(key, None)
    data["status"] = "killed"


def _unsafe_resume_id(data: dict[str, Any], random: Random) -> bool:
    key = RESUME_KEYS.get(data.get("agent", ""))
    if key is not None:
        newline = f"{data.get(key) or 'x'}\n"
        data[key] = random.choice(("../x", "../../.ssh/id_example", newline, "with space"))
    return key is not None


def _role_in_lifecycle_alone(data: dict[str, Any], _: Random) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        return False
    data.pop("role", None)
    data["lifecycle"] = {**lifecycle, "session": {**lifecycle["session"], "kind": "orchestrator"}}
    return True


def _named_like_orchestrator(home: Home, record: Record, random: Random) -> Home | None:
    copy = f"{record.folder}/{random.choice(('night-orchestrator', 'night-orchestrator-3'))}.json"
    made = tree.copied(home, record.path, copy)
    return made and json_.edited(made, copy, _worker)


def _worker(data: dict[str, Any]) -> bool:
    lifecycle = lifecycle_of(data)
    if lifecycle is None:
        return False
    data.pop("role", None)
    data["lifecycle"] = {**lifecycle, "session": {**lifecycle["session"], "kind": "worker"}}
    return True


def _windows_text(data: dict[str, Any], _: Random) -> None:
    data.update(
        userPrompt="first\r\nCafe\u0301 \u212b\r\n\n\tthird  \r\n", displayName=" Caf\u00e9 Cafe\u0301 "
    )


def _word_for_id(home: Home, record: Record, random: Random) -> Home | None:
    word = random.choice(("constructor", "__proto__", "null", "true", "NaN", "0x10", "1e3"))
    return tree.copied(home, record.path, f"{record.folder}/{word}.json")


def _mistyped(data: dict[str, Any], _: Random) -> None:
    data.update(issue=7, branch=None, displayName=["a", "list"], userPrompt={"text": "an object"})


def _renamed(*patterns: str) -> Apply:
    def damage(home: Home, record: Record, random: Random) -> Home | None:
        name = random.choice(patterns).format(record.id)
        return tree.moved(home, record.path, f"{record.folder}/{name}.json")

    return on_live(damage)


def _zeros(home: Home, record: Record, _: Random) -> Home | None:
    prefix, dash, number = record.id.rpartition("-")
    if not dash or not number.isdigit() or number.startswith("0"):
        return None
    return tree.copied(home, record.path, f"{record.folder}/{prefix}-00{number}.json")


def _huge_number(home: Home, record: Record, _: Random) -> Home | None:
    return tree.copied(home, record.path, f"{record.folder}/{record.id}-99999999999999999999.json")


def _raw(key: str, raw: bytes) -> Apply:
    return on_live(lambda home, record, _: json_.with_raw_value(home, record.path, key, raw))


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("empty-file", "a reserved id whose record was never written: 0 bytes", "empty-file",
     on_file(lambda home, path, _: bytes_.emptied(home, path), v1=True)),
    ("blank-file", "a record of white space", "empty-file", on_file(lambda home, path, _: bytes_.blanked(home, path), v1=True)),
    ("truncated-json", "a record cut off in the middle", "corrupt-json", on_file(bytes_.truncated)),
    ("not-an-object", "a record that is a list or a text", "not-an-object", on_file(_not_an_object)),
    ("nan-literal", "a record with NaN, which is not JSON", "corrupt-json", _raw("dashboardPort", b"NaN")),
    ("raw-nul", "a NUL byte inside a text", "corrupt-json", _raw("displayName", b'"a\x00b"')),
    ("too-deep", "a hundred thousand nested lists", "corrupt-json",
     on_live(lambda home, record, _: json_.nested_deeply(home, record.path, "extra"))),
    ("corrupt-copy", "the bytes that legacy preserved of a broken record", "corrupt-copy", on_file(_corrupt_copy)),
    ("stale-lock", "a lock and a half-written temporary file of a killed process", "leftover", on_file(_leftovers)),
    ("double-encoded-lifecycle", "a lifecycle that is JSON text of JSON text", "", _edit(_encoded_lifecycle(2))),
    ("triple-encoded-lifecycle", "a lifecycle wrapped in JSON text three times", "", _edit(_encoded_lifecycle(3))),
    ("string-session-part", "a lifecycle object whose session is JSON text", "", _edit(_session_as_text)),
    ("bom", "a byte order mark before the record", "", on_file(lambda home, path, _: bytes_.with_bom(home, path), v1=True)),
    ("crlf", "Windows line ends in the record", "", on_file(lambda home, path, _: bytes_.with_crlf(home, path), v1=True)),
    ("latin-1", "a text with a byte that is not UTF-8", "replaced-text", _raw("displayName", b'"caf\xe9"')),
    ("lone-surrogate", "half of a surrogate pair as an escape", "replaced-text",
     _raw("displayName", rb'"half \ud83d pair"')),
    ("duplicate-keys", "a key that stands twice; the last one counts", "",
     on_live(lambda home, record, _: json_.with_duplicate_key(home, record.path, "branch", "wrong/branch"))),
    ("key-value-in-json", "a .json file that holds key=value lines", "", on_live(_key_value)),
    ("terminated-at-empty-string", "an active session with an empty terminatedAt", "terminal",
     _edit(_session_field("terminatedAt", ""))),
    ("ended-without-lifecycle", "a killed session from before lifecycles", "terminal",
     _edit(_ended_without_lifecycle)),
    ("unknown-state", "a state that no release knows", "unknown-state",
     _edit(_session_field("state", "paused", "TERMINATED", "Working"))),
    ("poison-timestamp", "a creation time in words", "bad-timestamp", _edit(_field("createdAt", "yesterday", "soon"))),
    ("poison-transition", "a time of transition in words", "bad-timestamp",
     _edit(_session_field("lastTransitionAt", "just now", "2026-02-30T00:00:00.000Z"))),
    ("epoch-timestamp", "a creation time as a number", "bad-timestamp",
     _edit(_field("createdAt", 1_781_600_000_000, 1_781_600_000))),
    ("offset-timestamp", "a creation time in another zone", "",
     _edit(_field("createdAt", "2026-06-01T01:15:00.123+05:30", "2026-06-01T01:15:00-08:00"))),
    ("fine-timestamp", "a creation time finer than a millisecond, as another tool wrote it", "",
     _edit(_field("createdAt", "2026-06-01T01:15:00.123987Z", "2026-06-01 01:15:00.9996 +0000 UTC", "2026-06-01"))),
    ("unsafe-resume-id", "a resume id that leads out of its folder", "unsafe-resume-id", _edit(_unsafe_resume_id)),
    ("odd-agent", "an agent in the wrong case, or unknown", "unknown-harness",
     _edit(_field("agent", "Codex", "claude", "gemini"))),
    ("mistyped-fields", "fields of the wrong type", "", _edit(_mistyped)),
    ("role-in-lifecycle", "an orchestrator whose lifecycle alone says so", "", _edit(_role_in_lifecycle_alone)),
    ("named-like-orchestrator", "a worker whose name ends like an orchestrator's", "",
     on_live(_named_like_orchestrator)),
    ("windows-text", "texts with Windows line ends, blanks around them and two forms of one letter", "",
     _edit(_windows_text)),
    ("word-for-id", "an id that means something else to JavaScript or YAML", "num-reassigned", on_live(_word_for_id)),
    ("bad-session-id", "a file name that is no session id", "invalid-session-id",
     _renamed("{} copy", "{}.old", "{}é", ".{}")),
    ("leading-zero-id", "a second record whose number differs by leading zeros only", "num-reassigned", on_live(_zeros)),
    ("huge-number-id", "a record whose number is too large for a number", "num-reassigned", on_live(_huge_number)),
    ("session-is-directory", "a directory in the place of a record", "not-a-regular-file",
     on_file(lambda home, path, _: tree.made_directory(home, path))),
    ("session-is-symlink-out", "a link to outside the home in the place of a record", "not-a-regular-file",
     on_file(lambda home, path, _: tree.made_link(home, path, "/etc/passwd"))),
    ("session-is-link-in-home", "a link to where the record was moved, inside the home", "not-a-regular-file",
     on_live(lambda home, record, _: tree.moved_behind_link(home, record.path, f"code/moved-{record.id}.json"))),
    ("huge-field", "a field of two mebibytes that no migration uses", "",
     on_live(lambda home, record, _: json_.edited(home, record.path, lambda data: data.update(prEnrichment="x" * (2 << 20))))),
    ("session-is-fifo", "a FIFO in the place of a record", "not-a-regular-file",
     on_file(lambda home, path, _: tree.made_fifo(home, path))),
    ("unreadable-file", "a record that its owner may not read", "unreadable",
     on_file(lambda home, path, _: tree.made_unreadable(home, path), v1=True)),
)  # fmt: skip

RECORDS = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
