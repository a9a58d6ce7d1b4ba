"""Claims about the files of the home: nothing stranded, nothing else changed, clean refusals, exact rollbacks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from harness.claims.claim import Claim, Finding, after_successful, having
from harness.evidence import PRUNING, PURGING, READING, Evidence
from harness.expectation import TargetUnreadableError
from harness.history import Event
from harness.home import Change, Entry, Home


def no_stranding(evidence: Evidence) -> Iterator[Finding]:
    """Yields files that must be at their new place after a successful migration and are absent or differ."""
    for event in evidence.events("migrate"):
        if event.succeeded and not event.overtaken:
            for path, digest in sorted(evidence.expected(event).files.items()):
                entry = event.after.get(path)
                if entry is None or entry.digest != digest:
                    found = "no such file" if entry is None else f"other content ({entry.size} bytes)"
                    yield Finding(
                        "no-stranding", path, f"the file with content {digest[:12]}", found, event.step
                    )


def nothing_else_changes(evidence: Evidence) -> Iterator[Finding]:
    """Yields changes outside what the step may change: legacy files, bystanders, other tools' state.

    Modes, contents and link targets count everywhere; mtimes count for all but directories, whose mtime moves
    whenever an allowed file appears in them.  A killed step may leave new files beside those that it may write; the
    step that settles an interruption may change whatever the interrupted ones had changed.
    """
    for event in evidence.events():
        if event.do in READING | PRUNING:
            allowed: frozenset[str] = frozenset()
        elif event.talk and evidence.dialogue:
            allowed = evidence.expected(event).writable | evidence.dialogue.writable
        elif event.do in {"rollback", "restore"} or evidence.open_ended(event):
            allowed = frozenset().union(*(evidence.expected(e).writable for e in evidence.events("migrate")))
            allowed |= evidence.returns(event)
            allowed = allowed.union(*(evidence.purgeable(e) for e in evidence.events(*PURGING)))
        elif event.do in PURGING:
            allowed = evidence.purgeable(event)
        else:
            allowed = evidence.expected(event).writable
        unsettled = _unsettled(evidence, event)
        for change in evidence.changes(event.before, event.after, times=True):
            if (
                not (change.only_time() and _folder(change))
                and not within(change.path, allowed)
                and not evidence.may_keep(change)
                and not (event.killed and _temporary(change, allowed))
                and change.path not in unsettled
            ):
                yield _finding("nothing-else-changes", change, event)


def _unsettled(evidence: Evidence, event: Event) -> frozenset[str]:
    """Returns the paths that interrupted work has left other than it found them."""
    standing = evidence.standing(event)
    if event.do in READING or not standing.interrupted:
        return frozenset()
    return frozenset(change.path for change in standing.origin.changes_to(event.before, times=True))


def _temporary(change: Change, allowed: frozenset[str]) -> bool:
    """Tells whether a change is a new file beside one that may be written."""
    made = change.before is None and change.after is not None and change.after.kind == "file"
    return made and posixpath.dirname(change.path) in {posixpath.dirname(path) for path in allowed}


def _folder(change: Change) -> bool:
    return change.before is not None and change.before.kind == "dir"


def within(path: str, allowed: frozenset[str]) -> bool:
    """Tells whether a path is one of those allowed, or lies below one that ends in a slash."""
    return path in allowed or any(
        prefix.endswith("/") and f"{path}/".startswith(prefix) for prefix in allowed
    )


def _finding(claim: str, change: Change, event: Event) -> Finding:
    found = "no such path" if change.after is None else f"{_shown(change.after)}: {change.describe()}"
    return Finding(claim, change.path, _shown(change.before), found, event.step)


def _shown(entry: Entry | None) -> str:
    if entry is None:
        return "no such path"
    detail = {"file": f" of {entry.size} bytes, content {entry.digest[:12]}", "link": f" to {entry.target}"}
    return f"{entry.kind}{detail.get(entry.kind, '')}, mode {entry.mode:04o}"


def _untouched(claim: str, evidence: Evidence, event: Event) -> Iterator[Finding]:
    for change in evidence.changes(event.before, event.after, times=True):
        yield _finding(claim, change, event)


def dry_run_is_clean(evidence: Evidence) -> Iterator[Finding]:
    """Yields anything at all that a dry run changed: a byte, a mode, an mtime, a lock file, a directory."""
    for event in evidence.events("dry_run"):
        yield from _untouched("dry-run-is-clean", evidence, event)


def reading_is_clean(evidence: Evidence) -> Iterator[Finding]:
    """Yields anything that a verb which only looks (inspect, plan, verify, status, query) changed."""
    for event in evidence.events("inspect", "plan", "verify", "status", "query"):
        yield from _untouched("reading-is-clean", evidence, event)


def refusal_is_clean(evidence: Evidence) -> Iterator[Finding]:
    """Yields anything that a step changed before it refused: a refusal is definite, nothing happened.

    Of two runs at once, one may have changed what it likes where the other refused.
    """
    for event in evidence.events():
        if event.outcome == "refused" and not (event.kill and event.kill.another in {"done", "partial"}):
            yield from _untouched("refusal-is-clean", evidence, event)


def rerun_is_noop(evidence: Evidence) -> Iterator[Finding]:
    """Yields anything that a second migration changed after a first one succeeded, with nobody at work in between."""
    for event in _reruns(evidence):
        yield from _untouched("rerun-is-noop", evidence, event)


def _reruns(evidence: Evidence) -> Iterator[Event]:
    migrated = False
    last: Home | None = None
    for event in evidence.events():
        migrated = migrated and event.before == last
        last = event.after
        if event.do == "migrate" and migrated:
            yield event
        if event.do == "migrate":
            migrated = event.succeeded and (event.paired or not event.overtaken) and not event.lapsed
        elif event.do not in READING | PRUNING | PURGING:
            migrated = False


def home_restored(evidence: Evidence) -> Iterator[Finding]:
    """Yields paths that a successful rollback did not put back to what they were before the migration.

    Kind, mode, content and link target count; not times, which no rollback can give back everywhere.  What the
    migrator declares as its own (backups, journal) may stay, and what others changed meanwhile is theirs.  Legacy
    files that a rollback may write back to are judged by `rollback-writes-back`.
    """
    for event in evidence.events("rollback"):
        base = evidence.ledger(event).base
        if event.outcome == "done" and base is not None:
            theirs = _theirs(evidence, event)
            returns = evidence.returns(event)
            for change in evidence.changes(base, event.after, times=False):
                kept = evidence.may_keep(change) or within(change.path, returns)
                if not kept and change.path not in theirs:
                    finding = _finding("home-restored", change, event)
                    why = _in_the_store(evidence, change, base, event.after)
                    yield replace(finding, found=f"{why} ({finding.found})") if why else finding


def _in_the_store(evidence: Evidence, change: Change, before: Home, after: Home) -> str:
    """Returns how the rows of the store differ, where the path is one of its files and both can be read."""
    with suppress(TargetUnreadableError):
        was, now = evidence.stored(before), evidence.stored(after)
        return now.told_from(was) if change.path in was.files else ""
    return ""


def _theirs(evidence: Evidence, event: Event) -> set[str]:
    """Returns the paths that others changed since the migration, with the folders that hold what they left.

    Where they changed one file of the store, its other files are what follows from that.
    """
    foreign = set(evidence.ledger(event).foreign)
    if not foreign:
        return foreign
    with suppress(TargetUnreadableError):
        store = evidence.stored(event.before).files
        foreign |= store if store & foreign else set()
    for path in list(foreign):
        while event.after.get(path) is not None and (path := posixpath.dirname(path)):
            foreign.add(path)
    return foreign


def _refused(evidence: Evidence) -> str:
    return "" if any(e.outcome == "refused" for e in evidence.events()) else "no step was refused"


def _rerun(evidence: Evidence) -> str:
    return "" if any(_reruns(evidence)) else "no migration follows a successful one"


def _looked(evidence: Evidence) -> str:
    looked = any(evidence.events("inspect", "plan", "verify", "status", "query"))
    return "" if looked else "the scenario has no step that only looks"


def _rolled_back(evidence: Evidence) -> str:
    done = (event for event in evidence.events("rollback") if event.outcome == "done")
    if any(evidence.ledger(event).base is not None for event in done):
        return ""
    return having("rollback")(evidence) or "no rollback of a migration was done"


CLAIMS = (
    Claim(
        "no-stranding",
        "Every file that must move along is at its new place.",
        no_stranding,
        after_successful("migrate"),
    ),
    Claim("nothing-else-changes", "No step changes what it has no business with.", nothing_else_changes),
    Claim("dry-run-is-clean", "A dry run writes nothing at all.", dry_run_is_clean, having("dry_run")),
    Claim("reading-is-clean", "Verbs that only look change nothing.", reading_is_clean, _looked),
    Claim(
        "refusal-is-clean", "A refusal leaves the home as it was, to the byte.", refusal_is_clean, _refused
    ),
    Claim("rerun-is-noop", "A second run changes nothing.", rerun_is_noop, _rerun),
    Claim("home-restored", "A rollback puts every path back.", home_restored, _rolled_back),
)
