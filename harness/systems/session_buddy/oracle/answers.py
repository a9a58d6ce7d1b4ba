"""What version 4 must answer, computed in Python from the rows: live figures, anomalies, recommendations, tests, views."""

from __future__ import annotations

import hashlib
import sqlite3
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from harness.records import Near, Record, Value
from harness.systems.session_buddy.oracle.backfills import Invocation, in_order
from harness.systems.session_buddy.oracle.instants import instant_of
from harness.systems.session_buddy.oracle.state import invocations
from harness.systems.session_buddy.oracle.views import row_counts

BAD = {"ok": False, "error": "BAD_REQUEST"}
_BEFORE, _NOW, _SIMILAR = 5, 2, 10  # invocations for a rate before and now; users that count


def answer_to(connection: sqlite3.Connection, request: Mapping[str, Any], as_of: datetime) -> Record:
    """Returns the right answer: the keys that it must have, with their values; floats may be near."""
    op = request.get("op")
    if op == "live-metrics":
        hours = timedelta(hours=request["window_hours"])
        return {"ok": True, "skills": _live(_timed(connection), as_of, hours)[: request["limit"]]}
    if op == "anomalies":
        hours = timedelta(hours=request["window_hours"])
        return {"ok": True, "anomalies": _anomalies(_timed(connection), as_of, hours, request["threshold"])}
    if op == "recommendations":
        found = _recommendations(_interactions(connection), request["user"], request["min_common"])
        return {"ok": True, "recommendations": found[: request["limit"]]}
    if op == "ab-summary":
        return _summary(connection, request["test"])
    if op == "views":
        return {"ok": True, "views": {name: {"rows": rows} for name, rows in row_counts(connection).items()}}
    return BAD


def _timed(connection: sqlite3.Connection) -> list[tuple[datetime, Invocation]]:
    rows = ((instant_of(row.at), row) for row in invocations(connection))
    return [(instant, row) for instant, row in rows if instant is not None]


def _live(rows: Iterable[tuple[datetime, Invocation]], as_of: datetime, window: timedelta) -> list[Record]:
    groups: dict[Value, list[tuple[datetime, Invocation]]] = defaultdict(list)
    for instant, row in rows:
        if as_of - window < instant <= as_of:
            groups[row.skill].append((instant, row))
    told = []
    for skill, group in groups.items():
        seconds = [row.seconds for _, row in group if row.done and row.seconds is not None]
        last = max(group, key=lambda item: (item[0], item[1].id))[1]
        told.append(
            {
                "skill_name": skill,
                "invocation_count": len(group),
                "completed_count": sum(row.done for _, row in group),
                "avg_duration": Near(sum(seconds) / len(seconds) if seconds else 0.0),
                "last_invocation_at": last.at,
            }
        )
    return sorted(told, key=lambda row: (-row["invocation_count"], in_order(row["skill_name"])))


def _anomalies(
    rows: Iterable[tuple[datetime, Invocation]], as_of: datetime, window: timedelta, threshold: float
) -> list[Record]:
    now = as_of - timedelta(hours=1)
    before: dict[Value, list[int]] = defaultdict(list)
    current: dict[Value, list[int]] = defaultdict(list)
    for instant, row in rows:
        if as_of - window <= instant < now:
            before[row.skill].append(int(row.done))
        elif now <= instant <= as_of:
            current[row.skill].append(int(row.done))
    told = []
    for skill, done in before.items():
        spread = statistics.stdev(done) if len(done) >= _BEFORE else 0.0
        if spread == 0 or len(current[skill]) < _NOW:
            continue
        usual, seen = sum(done) / len(done), sum(current[skill]) / len(current[skill])
        score = (seen - usual) / spread
        if abs(score) >= threshold:
            told.append((score, skill, usual, seen))
    told.sort(key=lambda row: (-abs(row[0]), in_order(row[1])))
    return [
        {
            "skill_name": skill,
            "anomaly_type": "performance_spike" if score > 0 else "performance_drop",
            "baseline_value": Near(usual),
            "observed_value": Near(seen),
            "deviation_score": Near(score),
        }
        for score, skill, usual, seen in told
    ]


def _interactions(connection: sqlite3.Connection) -> dict[str, dict[str, list[bool]]]:
    """Returns for each user and skill what became of each use."""
    users: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    columns = "SELECT user_id, skill_name, completed FROM skill_user_interactions ORDER BY id"
    for user, skill, completed in connection.execute(columns):
        users[user][skill].append(type(completed) is int and completed == 1)
    return users


# What similar users "used successfully": upstream's words (analytics/collaborative_filtering.py), where its query also
# gives skills that they never completed, with a score of 0.
def _recommendations(users: Mapping[str, Mapping[str, list[bool]]], user: str, least: int) -> list[Record]:
    own = {user, hashlib.sha256(user.encode("utf-8", "surrogatepass")).hexdigest()}
    tried = {skill for name in own for skill in users.get(name, {})}
    mine = {skill for name in own for skill, done in users.get(name, {}).items() if any(done)}
    similar = []
    for name, uses in users.items():
        theirs = {skill for skill, done in uses.items() if any(done)}
        if name not in own and len(mine & theirs) >= least and mine | theirs:
            similar.append((len(mine & theirs) / len(mine | theirs), name))
    similar.sort(key=lambda one: (-one[0], in_order(one[1])))
    best: dict[str, tuple[float, float, str]] = {}
    for similarity, name in similar[:_SIMILAR]:
        for skill, done in users[name].items():
            rate = sum(done) / len(done)
            if any(done) and skill not in tried and (skill not in best or similarity * rate > best[skill][0]):
                best[skill] = (similarity * rate, rate, name)
    ordered = sorted(best.items(), key=lambda item: (-item[1][0], in_order(item[0])))
    return [
        {"skill_name": skill, "score": Near(score), "completion_rate": Near(rate), "similar_user": name}
        for skill, (score, rate, name) in ordered
    ]


def _summary(connection: sqlite3.Connection, test: str) -> Record:
    found = connection.execute(
        "SELECT test_id, status FROM ab_test_configs WHERE test_name = ?", [test]
    ).fetchone()
    if found is None:
        return {"ok": False, "error": "NO_SUCH_TEST"}
    number, status = found
    groups = {name: _group(connection, number, name) for name in ("control", "treatment")}
    return {"ok": True, "test_name": test, "status": status, **groups, "winner": None}


def _group(connection: sqlite3.Connection, test: int, group: str) -> Record:
    chosen = "SELECT user_id FROM ab_test_assignments WHERE test_id = ? AND group_name = ?"
    users = {user for (user,) in connection.execute(chosen, [test, group])}
    rows = connection.execute(
        "SELECT user_id, completed, duration_seconds FROM ab_test_outcomes WHERE test_id = ? ORDER BY outcome_id",
        [test],
    )
    outcomes = [(completed, seconds) for user, completed, seconds in rows if user in users]
    lengths = [seconds for _, seconds in outcomes if seconds is not None]
    return {
        "users": len(users),
        "outcomes": len(outcomes),
        "completion_rate": Near(sum(done == 1 for done, _ in outcomes) / len(outcomes)) if outcomes else None,
        "avg_duration": Near(sum(lengths) / len(lengths)) if lengths else None,
    }
