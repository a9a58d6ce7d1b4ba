"""Claims about what is left over: a backup first, nothing opened to others, no litter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from harness.claims.claim import Claim, Finding, always
from harness.evidence import Evidence
from harness.history import Event
from harness.home import Change, Entry, Home


def backup_first(evidence: Evidence) -> Iterator[Finding]:
    """Yields files that a migration changed or removed and of which no kept copy has the bytes they had."""
    for event in evidence.events("migrate"):
        settled = evidence.standing(event).killed
        if evidence.open_ended(event) or (settled is not None and settled.overtaken):
            continue  # what it finds was changed after the backup, and is exported instead
        kept = {entry.digest for path, entry in event.after.entries.items() if evidence.is_kept(path)}
        for change in evidence.standing(event).origin.changes_to(event.after):
            before = change.before
            if before is None or before.kind != "file" or before.digest in kept or evidence.may_keep(change):
                continue
            if change.after is None or change.after.digest != before.digest:
                wanted = f"a copy with content {before.digest[:12]} below {', '.join(evidence.profile.keeps)}"
                yield Finding("backup-first", change.path, wanted, "no such copy", event.step)


def leaves_no_litter(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a step that came to its own end left outside the home: copies there are nobody's to remove."""
    for event in evidence.events():
        if event.status is not None and not (event.talk and event.talk.killed):
            for path in event.litter:
                yield Finding("leaves-no-litter", path, "no such path", "left behind", event.step)


def leaves_no_process(evidence: Evidence) -> Iterator[Finding]:
    """Yields processes that a step left alive when it had come to its own end."""
    for event in evidence.events():
        for name in event.strays:
            yield Finding("leaves-no-process", name, "no process", "still alive", event.step)


def kept_private(evidence: Evidence) -> Iterator[Finding]:
    """Yields what a step opened to others than the user.

    Backups and journals are for the user alone, since they hold whatever the home holds.  A copy is no more open
    than a file with its content was (and where a kill cut it short, than the whole would be), a path no more than it was itself, and no new folder can be written by others.
    """
    for event in evidence.events():
        limits: dict[str, int] | None = None
        stood: list[Home] = []
        for change in event.before.changes_to(event.after):
            entry = change.after
            if entry is None or entry.kind not in {"file", "dir"} or not entry.mode & 0o077:
                continue
            if limits is None:
                base = evidence.ledger(event).base if event.do in {"rollback", "restore"} else None
                stood = [event.before, base] if base else [event.before]
                limits = _openness(stood)
            if event.killed and entry.kind == "file" and (not entry.size or entry.digest not in limits):
                limits[entry.digest] = _openness_of_part(event, change.path, stood)
            allowed = _allowed(evidence, change.path, list(_stood(evidence, event, change)), entry, limits)
            if entry.mode & 0o077 & ~allowed:
                wanted = f"no more than mode {allowed:04o} for group and others"
                found = f"{entry.kind}, mode {entry.mode:04o}"
                yield Finding("kept-private", change.path, wanted, found, event.step)


def _stood(evidence: Evidence, event: Event, change: Change) -> Iterator[Entry]:
    """Yields what stood at a path before the step, and, for a rollback, what stood there before the migration.

    What others changed there since then is not to be opened again.
    """
    if change.before is not None:
        yield change.before
    ledger = evidence.ledger(event)
    if event.do in {"rollback", "restore"} and ledger.base is not None:
        entry = ledger.base.get(change.path)
        if entry is not None and (change.before is None or change.path not in ledger.foreign):
            yield entry


def _openness(stood: Iterable[Home]) -> dict[str, int]:
    """Returns for each content that the homes had what group and others could do with it."""
    limits: dict[str, int] = {}
    for home in stood:
        for entry in home.entries.values():
            if entry.kind == "file":
                limits[entry.digest] = limits.get(entry.digest, 0) | entry.mode & 0o077
    return limits


def _openness_of_part(event: Event, path: str, stood: Iterable[Home]) -> int:
    """Returns what others could do with the files of which a half-written one is the beginning."""
    entry = event.after.entries[path]
    begun = event.after.content(path) if entry.digest in event.after.blobs else b""
    whole = [
        one.mode & 0o077
        for home in stood
        for name, one in home.entries.items()
        if begun
        and one.size > entry.size
        and one.digest in home.blobs
        and home.content(name).startswith(begun)
    ]
    return reduce(or_, whole, 0) if whole else 0o044


def _allowed(evidence: Evidence, path: str, stood: list[Entry], entry: Entry, limits: dict[str, int]) -> int:
    if evidence.is_kept(path):
        return 0
    if like := [one for one in stood if one.kind == entry.kind]:
        return reduce(or_, (one.mode & 0o077 for one in like))
    return 0o055 if entry.kind == "dir" else limits.get(entry.digest, 0o044)


def _backups(evidence: Evidence) -> str:
    if evidence.profile.backup != "copies":
        return "the profile does not say that the migrator keeps copies of what it changes"
    changed = any(e.before is not e.after for e in evidence.events("migrate"))
    return "" if changed else "no migration changed anything"


CLAIMS = (
    Claim(
        "backup-first",
        "Whatever a migration changes is kept as it was, byte for byte.",
        backup_first,
        _backups,
    ),
    Claim("kept-private", "No step opens to others what was the user's alone.", kept_private, always),
    Claim("leaves-no-litter", "No step leaves anything outside the home.", leaves_no_litter, always),
    Claim("leaves-no-process", "No step leaves a process behind.", leaves_no_process, always),
)
