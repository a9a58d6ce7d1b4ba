"""Sessions that the editor's parser accepts and the target does not take as they are: twins, clashes, odd values."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

from harness.corruption import Corruption
from harness.home import Home
from harness.systems.ait42.places import (
    Apply,
    Row,
    first,
    on_element,
    on_part,
    on_rows,
    rows_of,
    session_files,
    with_rows,
)


def _value(key: str, *values: Any) -> Callable[[Row, Random], None]:
    """Returns an edit that sets a key to one of the values."""
    return lambda row, random: row.update({key: random.choice(values)})


def _twin(rows: list[Row], random: Random) -> bool:
    twin = copy.deepcopy(random.choice(rows))
    twin.update(status="running", completedAt=None)
    for place, instance in enumerate(twin["instances"]):
        instance.update(instanceId=place, worktreePath=f"/srv/invented/{place}", status="running")
    rows.append(twin)
    return True


def _equal_twin(rows: list[Row], random: Random) -> bool:
    rows.append(copy.deepcopy(random.choice(rows)))
    return True


def _newer_twin(rows: list[Row], random: Random) -> bool:
    twin = copy.deepcopy(random.choice(rows))
    twin.update(task="the later one", updatedAt="2026-01-01T00:00:00.5+09:00")
    rows.append(twin)
    return True


def _debate_only(rows: list[Row], random: Random) -> bool:
    """The debate runner could not parse the file, took it for empty and wrote its own session over it."""
    row = random.choice(rows)
    row.update(type="debate", task="Debate in progress", status="round_2", instances=[], chatHistory=[])
    rows[:] = [row]
    return True


def _clash(rows: list[Row], random: Random) -> bool:
    """A message of one session bears the id of another session's."""
    talking = [row for row in rows if row["chatHistory"]]
    if len({row["id"] for row in talking}) < 2:
        return False
    one, *others = random.sample(talking, len(talking))
    other = next(row for row in others if row["id"] != one["id"])
    one["chatHistory"][0]["id"] = other["chatHistory"][0]["id"]
    return True


def _clash_inside(row: Row, _: Random) -> bool:
    if not row["chatHistory"]:
        return False
    message = row["chatHistory"][0]
    row["chatHistory"] += [
        {**message, "content": "another"},
        dict(message),
        {**message, "content": "a third"},
    ]
    return True


def _taken_suffix(row: Row, _: Random) -> bool:
    """The id that a clash would be given is itself there already."""
    if not row["chatHistory"]:
        return False
    message = row["chatHistory"][0]
    name = f"{row['id']}:{message['id']}"
    row["chatHistory"] += [{**message, "id": name, "content": "first"}, {**message, "content": "another"}]
    return True


def _double_instance(row: Row, _: Random) -> bool:
    if not row["instances"]:
        return False
    row["instances"].append({**row["instances"][0], "branch": "another", "output": "作業 \x1b[0m"})
    return True


def _in_another_file(edit: Callable[[Row], None]) -> Apply:
    """Returns a copy of one session, edited, in the file of another workspace."""

    def apply(home: Home, random: Random) -> Home | None:
        paths = session_files(home, random)
        pairs = [(one, other) for one in paths for other in paths if one != other]
        return first(home, (_copied(home, *pair, random, edit) for pair in pairs))

    return apply


def _copied(home: Home, source: str, to: str, random: Random, edit: Callable[[Row], None]) -> Home | None:
    rows, others = rows_of(home, source), rows_of(home, to)
    if not rows or others is None:
        return None
    row = copy.deepcopy(random.choice(rows))
    if any(other["id"] == row["id"] for other in others) or sum(r["id"] == row["id"] for r in rows) > 1:
        return None
    edit(row)
    return with_rows(home, to, [*others, row])


def _more(row: Row) -> None:
    row.update(task=f"{row['task']} and more", updatedAt="2026-01-01T00:00:00Z")


def _older(row: Row) -> None:
    row.update(status="failed" if row["status"] != "failed" else "paused", updatedAt="2020-01-01T00:00:00Z")


_REPLACED = "status-replaced"
_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("round-status", "a debate's round as status", _REPLACED, on_element(_value("status", "round_1", "round_3", "started"))),
    ("odd-status", "a status that nobody knows", _REPLACED, on_element(_value("status", "", "Done", "round_x", "完了"))),
    ("odd-instance-status", "an instance's status that nobody knows", _REPLACED,
     on_part("instances", _value("status", "merged", "round_2"))),
    ("unknown-type", "a type that nobody knows", "unknown-type", on_element(_value("type", "duel", "", "Debate"))),
    ("empty-runtime", "an empty runtime", "runtime-empty", on_part("instances", _value("runtime", ""))),
    ("odd-runtime", "a runtime that nobody knows", "runtime-replaced",
     on_part("instances", _value("runtime", "cursor", "Claude"))),
    ("zero-timeout", "a timeout of 0", "timeout-zero", on_element(_value("timeoutSeconds", 0))),
    ("huge-duration", "a duration beyond what the target holds", "out-of-range",
     on_element(_value("totalDuration", 2**63, 2**64 - 1))),
    ("odd-role", "a message's role that nobody knows", "role-replaced", on_part("chatHistory", _value("role", "tool", ""))),
    ("long-message", "a message of 20,000 characters", "", on_part("chatHistory", _value("content", "長い🙂" * 5_000 + "end"))),
    ("nul-message", "a message with an escaped NUL in it", "", on_part("chatHistory", _value("content", "a\0b" + "c" * 20_000))),
    ("dangling-instance", "a message of an instance that is not there", "dangling-instance",
     on_part("chatHistory", _value("instanceId", 77, 2**32 - 1))),
    ("dangling-winner", "a winner that is not there", "dangling-winner", on_element(_value("winnerId", 77, 2**32 - 1))),
    ("odd-times", "a time that is none", "", on_element(_value("updatedAt", "", "yesterday", "2025-02-30T00:00:00Z"))),
    ("third-time-form", "a time as later code writes it", "", on_element(_value("updatedAt", "2025-12-11 08:00:00"))),
    ("twin", "a session that was made twice, the second for ever running", "duplicate-session", on_rows(_twin)),
    ("equal-twin", "a session twice, word for word", "duplicate-session", on_rows(_equal_twin)),
    ("newer-twin", "a session twice, the second changed last", "duplicate-session", on_rows(_newer_twin)),
    ("debate-only", "all sessions replaced by one debate", _REPLACED, on_rows(_debate_only)),
    ("double-instance", "two instances under one number", "duplicate-instance", on_element(_double_instance)),
    ("message-clash", "two sessions' messages with one id", "message-id-collision", on_rows(_clash)),
    ("message-clash-inside", "messages of one session with one id", "message-id-collision", on_element(_clash_inside)),
    ("message-clash-thrice", "a clash whose new id is taken", "message-id-collision", on_element(_taken_suffix)),
    ("moved-workspace", "the same session in two files", "duplicate-session", _in_another_file(lambda _: None)),
    ("moved-and-newer", "a session in two files, the copy newer", "cross-file-conflict", _in_another_file(_more)),
    ("moved-and-older", "a session in two files, the copy older", "cross-file-conflict", _in_another_file(_older)),
)  # fmt: skip

RECORDS = {
    name: Corruption(name, summary, frozenset({shown} - {""}), apply) for name, summary, shown, apply in _ROWS
}
