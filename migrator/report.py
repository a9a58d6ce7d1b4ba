"""What a command tells its caller: every record with its fate, as JSON and as text."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from migrator.outcome import Exit
from migrator.system import Many, Note, Record

CONTRACT = 1

ADVICE = {
    "corrupt-json": "the file is not readable as a session; repair or remove it, then run again",
    "not-an-object": "the file holds no session record; remove it, or restore it from a backup",
    "not-a-regular-file": "only plain files are read; put the real file there",
    "not-a-folder": "a link or a file stands where a folder of records belongs; put the folder itself there",
    "unreadable": "make it readable for this user, then run again",
    "too-large": "larger than any real record; look at it by hand",
    "invalid-session-id": "rename the file to letters, digits, _ and -",
    "invalid-project-id": "rename the project's key in config.yaml",
    "invalid-entry": "the project's entry in config.yaml must be a mapping",
    "no-project": "register its project in config.yaml, then run again",
    "no-path": "give the project a path in config.yaml",
    "path-escapes-home": "give the project an absolute path in config.yaml",
    "path-already-registered": "the path belongs to another project id; merge the two by hand",
    "id-taken-by-other-project": "session ids are unique in the new system; rename one of them",
    "num-taken": "the new system already uses that number in the project; rename the session",
    "duplicate-source": "another copy of the same session was taken; nothing to do if that one is right",
    "degraded-project": "its settings could not be read; the project itself is taken over without them",
    "transcript-conflict": "a different transcript is already there and is never overwritten",
}


class Report:
    """The last word of a command."""

    def __init__(self, system: str, verb: str, message: str = "", *, dry_run: bool = False) -> None:
        self.system, self.verb, self.message, self.dry_run = system, verb, message, dry_run
        self.exit = Exit.DONE
        self.changed = False
        self.code: str | None = None
        self.backup: str | None = None
        self.export: str | None = None
        self.records: Many[Record] = []
        self.notes: Many[Note] = []
        self.figures: dict[str, Any] = {}

    def counts(self) -> dict[str, int]:
        """How many records met each fate; `read` is their sum."""
        of = Counter(record.outcome for record in self.records)
        fates = {"written": "migrated", "present": "present", "skipped": "skipped", "set_aside": "set-aside"}
        return {"read": len(self.records), **{key: of[fate] for key, fate in fates.items()}}

    def to_json(self) -> Iterator[str]:
        """The report as one JSON object in the order of the contract, in pieces: it may be larger than memory."""
        facts: dict[str, Any] = {
            "contract": CONTRACT,
            "system": self.system,
            "verb": self.verb,
            "dry_run": self.dry_run,
            "outcome": self.exit.name.lower(),
            "code": self.code,
            "message": self.message,
            "changed": self.changed,
            "counts": self.counts(),
            "records": self.records,
            "notes": self.notes,
            "backup": self.backup,
            "export": self.export,
            **({"figures": self.figures} if self.figures else {}),
        }
        opening = "{"
        for name, value in facts.items():
            yield f"{opening}{json.dumps(name)}: "
            many = name in {"records", "notes"}
            yield from _array(value) if many else [json.dumps(value)]
            opening = ", "
        yield "}\n"

    def lines(self) -> Iterator[str]:
        """The report for a person, without flooding the terminal."""
        yield self.message
        if self.records:
            counts = self.counts()
            written = "would be migrated" if self.dry_run or self.verb in {"plan", "inspect"} else "migrated"
            yield (
                f"  {counts['read']} records read: {counts['written']} {written}, {counts['present']} "
                f"already there, {counts['skipped']} skipped, {counts['set_aside']} set aside"
            )
        yield from self._kinds()
        if any(record.outcome == "set-aside" for record in self.records):
            aside = (record for record in self.records if record.outcome == "set-aside")
            yield "Set aside:"
            yield from _grouped((r.reason or "", f"{r.source}  {r.detail}".rstrip()) for r in aside)
        if self.notes:
            about, show = (" on migrated records", 2) if self.verb not in {"status", "prune"} else ("", 10)
            yield f"Notes{about} (the full list is in --json):"
            yield from _grouped(((n.reason, f"{n.id}  {n.detail}".rstrip()) for n in self.notes), show=show)
        yield from (f"  {name.replace('_', ' ')}: {value}" for name, value in self.figures.items())
        if self.backup:
            yield f"Backup: {self.backup}"

    def _kinds(self) -> Iterator[str]:
        of = Counter((r.kind, r.outcome, r.reason) for r in self.records if r.outcome != "set-aside")
        for (kind, outcome, reason), count in sorted(of.items(), key=str):
            yield f"    {count:>6}  {kind} {outcome}{f' ({reason})' if reason else ''}"


def _array(items: Iterable[Any]) -> Iterator[str]:
    yield "["
    between = ""
    for item in items:
        yield between + json.dumps(item._asdict())
        between = ", "
    yield "]"


def _grouped(entries: Iterable[tuple[str, str]], show: int = 10) -> Iterator[str]:
    shown, count = dict[str, list[str]](), Counter[str]()
    for reason, line in entries:
        count[reason] += 1
        if count[reason] <= show:
            shown.setdefault(reason, []).append(line)
    for reason, lines in sorted(shown.items()):
        advice = ADVICE.get(reason)
        yield f"  {reason} ({count[reason]}){': ' + advice if advice else ''}"
        yield from (f"      {line}" for line in lines)
        if count[reason] > show:
            yield f"      ... and {count[reason] - show} more"


def _visible(line: str) -> str:
    """The line without characters that a terminal would obey: names come from a hostile home."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in line)


def deliver(report: Report, *, as_json: bool, path: str | None) -> None:
    """The report is on stdout, and at `path` as one JSON document that only its owner can read.

    A closed terminal or a path that cannot be written changes nothing about what was done.
    """
    if path:
        try:  # in place: a temporary name beside it could not be told from the caller's files
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with open(fd, "w", encoding="ascii") as stream:
                stream.writelines(report.to_json())
        except OSError as error:
            print(f"migrator: the report could not be written: {error}", file=sys.stderr)
    try:
        encoding = sys.stdout.encoding or "utf-8"
        for text in report.to_json() if as_json else (f"{_visible(line)}\n" for line in report.lines()):
            sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
