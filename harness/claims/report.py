"""Claims about what the migrator says: every legacy record has its fate told, and the totals are true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from harness.claims.claim import Claim, Finding, UndecidedError
from harness.claims.exported import read_exports
from harness.claims.whose import stored
from harness.evidence import Evidence
from harness.expectation import Fate
from harness.history import Event
from harness.home import Home
from harness.sut import Verb

_TELLING: tuple[Verb, ...] = ("migrate", "dry_run")
_ARRIVED = frozenset({"migrated", "present"})


def accounted_for(evidence: Evidence) -> Iterator[Finding]:
    """Yields legacy records that the report does not name exactly once, with the right fate and reason.

    After an interruption `migrated` and `present` are both right for a record that has arrived.
    """
    for event in _told(evidence):
        if event.outcome == "refused" or evidence.open_ended(event) or evidence.expected(event).refusals:
            continue
        rows = _rows(event.report) if isinstance(event.report, dict) else []
        told: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
        for row in rows:
            told.setdefault(_name_of(row), []).append(row)
        arrived = _ARRIVED if evidence.standing(event).interrupted else frozenset()
        for fate in evidence.expected(event).fates:
            yield from _compare(fate, told.pop((fate.kind, fate.source, fate.id), []), event, arrived)
        for (kind, source, name), extra in sorted(told.items()):
            subject = f"{kind} {name} ({source})"
            yield Finding(
                "accounted-for", subject, "no such legacy record", extra[0].get("outcome"), event.step
            )


def _rows(report: Mapping[str, Any], of: str = "records") -> list[Mapping[str, Any]]:
    records = report.get(of)
    return [row for row in records if isinstance(row, dict)] if isinstance(records, list) else []


def _name_of(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row.get("kind")), str(row.get("source")), str(row.get("id"))


def _compare(
    fate: Fate, rows: list[Mapping[str, Any]], event: Event, alike: frozenset[str]
) -> Iterator[Finding]:
    subject = f"{fate.kind} {fate.id} ({fate.source})"
    wanted = _fate_text(fate.disposition, fate.reason)
    if not rows:
        yield Finding("accounted-for", subject, wanted, "not named in the report", event.step)
    for row in rows[:1]:
        said = _fate_text(row.get("outcome"), row.get("reason"))
        if said != wanted and not {said, wanted} <= alike:
            yield Finding("accounted-for", subject, wanted, said, event.step)
    if len(rows) > 1:
        yield Finding("accounted-for", subject, "named once", f"named {len(rows)} times", event.step)


def _fate_text(disposition: object, reason: object) -> str:
    return f"{disposition}: {reason}" if reason else str(disposition)


def losses_told(evidence: Evidence) -> Iterator[Finding]:
    """Yields notes that are due and not in the report, and notes of losses that there were not.

    After an interruption a record that the report says was present already needs none, nor, where there is one, does
    what is noted of the whole.  How often a note stands there is not judged.
    """
    for event in _told(evidence):
        due = evidence.expected(event).notes
        if event.outcome == "refused" or evidence.open_ended(event) or due is None:
            continue
        report = event.report if isinstance(event.report, dict) else {}
        alike = {"present"} if evidence.standing(event).interrupted else set()
        arrived = {(row.get("source"), row.get("id")) for row in _rows(report) if row.get("outcome") in alike}
        said = {(row.get("source"), row.get("id"), row.get("reason")) for row in _rows(report, "notes")}
        for note in sorted(due, key=lambda note: (note.source, note.reason)):
            name = (note.source, note.id, note.reason)
            settled = name[:2] in arrived or (arrived and not note.id)
            if note.sure and name not in said and not settled:
                yield _untold(event, name, note.reason, "no such note")
        right = {(note.source, note.id, note.reason) for note in due}
        for extra in sorted(said - right, key=repr):
            yield _untold(event, extra, "no such note", extra[2])


def _untold(event: Event, name: tuple[object, ...], expected: object, found: object) -> Finding:
    return Finding("losses-told", f"note on {name[1]} ({name[0]})", expected, found, event.step)


def report_is_honest(evidence: Evidence) -> Iterator[Finding]:
    """Yields statements of a report that the exit status, its own records or the disk contradict.

    Of a rollback: how it ended, whether it changed anything, and where what others made of it lies now.
    """
    for event in _told(evidence, *_TELLING, "rollback"):
        report = event.report
        if not isinstance(report, dict):
            yield Finding(
                "report-is-honest", "report", "a JSON object at $MIGRATION_REPORT", _kind(report), event.step
            )
            continue
        if event.do in _TELLING:
            yield from _listed(event, report)
        else:
            yield from _exported(evidence, event, report)
        yield from _places(evidence, event, report)
        for name, truth in _truths(evidence, event).items():
            if report.get(name) != truth or type(report.get(name)) is not type(truth):
                yield Finding("report-is-honest", name, truth, report.get(name), event.step)
        if event.do == "migrate" and event.succeeded and not evidence.open_ended(event):
            yield from _written(evidence, event, report)


def _listed(event: Event, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Compares the totals with the records."""
    if not isinstance(report.get("records"), list) or len(_rows(report)) != len(report["records"]):
        yield Finding("report-is-honest", "records", "a list of objects", report.get("records"), event.step)
    yield from _totals(event, report)


def _exported(evidence: Evidence, event: Event, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Compares the place that is named for what was exported with what lies there."""
    if not (evidence.profile.exports and event.succeeded):
        return
    try:
        tables = stored(evidence, event.before).tables  # a rollback that was killed may have exported before
        lines = read_exports(evidence, event.before, event.after, tables).lines
    except UndecidedError:
        return  # what cannot be read is for other claims to tell
    said = report.get("export")
    if said is None and not any(lines.values()):
        return
    place = event.after.relative(said) if isinstance(said, str) and said.startswith("/") else said
    if event.after.get(str(place)) is None or not evidence.is_kept(str(place)):
        wanted = "the folder that holds what others made of it"
        yield Finding("report-is-honest", "export", wanted, said, event.step)


def _truths(evidence: Evidence, event: Event) -> dict[str, Any]:
    """Returns what the step itself shows of what the report must say."""
    truths: dict[str, Any] = {
        "contract": 1,
        "system": evidence.profile.system,
        "dry_run": event.do == "dry_run",
        "outcome": event.outcome,
    }
    if event.do != "dry_run" and not event.paired:  # else it may have been the other run
        truths["changed"] = any(event.before.changes_to(event.after))
    return truths


def _places(evidence: Evidence, event: Event, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Compares the code of a refusal, and the place of the backup, with what there is."""
    codes = evidence.expected(event).refusals if event.do in _TELLING else frozenset()
    if event.outcome == "refused" and codes and report.get("code") not in codes:
        yield Finding("report-is-honest", "code", " or ".join(sorted(codes)), report.get("code"), event.step)
    backup = report.get("backup")
    inside = event.after.relative(backup) if isinstance(backup, str) and backup.startswith("/") else backup
    if event.succeeded and backup is not None and event.after.get(str(inside)) is None:
        yield Finding("report-is-honest", "backup", "a path that exists", backup, event.step)


def _kind(report: object) -> str:
    return "no report" if report is None else "text that is not a JSON object"


def _totals(event: Event, report: Mapping[str, Any]) -> Iterator[Finding]:
    rows = _rows(report)
    seen = Counter(str(row.get("outcome")) for row in rows)
    parts = {"written": "migrated", "present": "present", "skipped": "skipped", "set_aside": "set-aside"}
    counts = _counts(report)
    truth = {name: seen[outcome] for name, outcome in parts.items()} | {"read": len(rows)}
    for name, number in truth.items():
        if counts.get(name) != number:
            yield Finding("report-is-honest", f"counts.{name}", number, counts.get(name), event.step)


def _counts(report: Mapping[str, Any]) -> Mapping[str, Any]:
    counts = report.get("counts")
    return counts if isinstance(counts, dict) else {}


def _written(evidence: Evidence, event: Event, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Compares the number of records said to be written with the rows and files that are really new.

    What an interrupted run had written may be counted again or not.  Where rows and records are not one to one, the
    totals of the records say all.
    """
    if not evidence.expected(event).row_each:
        return
    said = _counts(report).get("written")
    right = {_arrivals(evidence, event, home) for home in (event.before, evidence.standing(event).origin)}
    if said not in range(min(right), max(right) + 1):
        wanted = " to ".join(map(str, sorted(right)))
        yield Finding("report-is-honest", "counts.written", f"{wanted} new records on disk", said, event.step)


def _arrivals(evidence: Evidence, event: Event, home: Home) -> int:
    """Returns the number of records that are in the home after the event and were not in an earlier one."""
    before, after = evidence.target(home), evidence.target(event.after)
    tables = evidence.expected(event).record_tables & after.keys()
    rows = sum(len(after[table].keys() - before.get(table, {}).keys()) for table in tables)
    places = evidence.expected(event).files
    return rows + sum(1 for path in places if home.get(path) is None and event.after.get(path))


def _told(evidence: Evidence, *verbs: Verb) -> Iterator[Event]:
    return (e for e in evidence.events(*(verbs or _TELLING)) if e.succeeded or e.outcome == "refused")


def _reports(evidence: Evidence) -> str:
    if not evidence.profile.reports:
        return "the profile does not say that the migrator reports"
    return "" if any(_told(evidence)) else "no step came to an end that can be reported"


def _judges_notes(evidence: Evidence) -> str:
    judged = any(evidence.expected(event).notes is not None for event in _told(evidence))
    return _reports(evidence) or ("" if judged else "there is nothing of which notes could be due")


CLAIMS = (
    Claim(
        "accounted-for", "The report names every legacy record once, with its fate.", accounted_for, _reports
    ),
    Claim(
        "losses-told",
        "What a migrated record loses or changes on the way is noted, and nothing else is.",
        losses_told,
        _judges_notes,
    ),
    Claim("report-is-honest", "What the report says is what the disk shows.", report_is_honest, _reports),
)
