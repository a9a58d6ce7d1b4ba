"""A *moment* is what an invariant of a story sees: the home after one verb, and whose doing each record in it is.

Records are told from the whole history before: what migrations put into the target, and what others did there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.evidence import Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event
from harness.home import Home
from harness.records import Record, same_record

Rows = Mapping[str, Record]
"""Records of the target by table and key in one text, such as ``sessions ma-1``."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The home after an event.

    Attributes:
        expected: what was in the target before the event or would have been after a right migration then.
        legacy: what a right migration would have in the target if it were run now.
        target: what the target holds now.
        ours: of that, what migrations put there.
        theirs: what others have put into the target or changed there, as they left it last, wherever it is now.
        born: every record that was ever rightly in the target.
    """

    event: Event
    expected: Rows
    legacy: Rows
    target: Rows
    ours: Rows
    theirs: Rows
    born: Rows


def moments(evidence: Evidence) -> Iterator[Moment]:
    """Yields the moment after each event, in order; those with a target that cannot be read are passed over."""
    ours: dict[str, Record] = {}
    theirs: dict[str, Record] = {}
    born: dict[str, Record] = {}
    last: Rows = {}
    for event in evidence.events():
        try:
            before, after = _target(evidence, event.before), _target(evidence, event.after)
        except TargetUnreadableError:
            continue
        for name in last.keys() - before.keys():
            theirs.pop(name, None)  # whose it was has removed it
        theirs.update(_news(last, before))
        expected, legacy = _expected(evidence, event.before, before), _expected(evidence, event.after, after)
        if event.do == "migrate":
            ours.update({name: row for name, row in after.items() if name not in before})
            born.update(expected)
        born.update(before)
        ours = {name: row for name, row in ours.items() if name in after}
        yield Moment(event, expected, legacy, after, dict(ours), dict(theirs), dict(born))
        last = after


def _news(old: Rows, new: Rows) -> Iterator[tuple[str, Record]]:
    return ((name, row) for name, row in new.items() if name not in old or not same_record(old[name], row))


def _target(evidence: Evidence, home: Home) -> dict[str, Record]:
    tables = evidence.target(home)
    return {f"{table} {key}": row for table, rows in tables.items() for key, row in rows.items()}


def _expected(evidence: Evidence, home: Home, target: Rows) -> Rows:
    expected = evidence.expected_of(home)
    if expected.refusals:
        return target
    rows = (
        (f"{table} {key}", row) for table in expected.tables for key, row in expected.tables[table].items()
    )
    return dict(rows)
