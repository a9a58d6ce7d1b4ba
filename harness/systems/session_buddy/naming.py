"""How session-buddy names and dates things: skills, phases, users; and the forms in which its writers keep a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

USERS = ("u", "alice", "ilse müller", "名前")
TAXONOMY_SKILLS = (
    "pytest-run", "ruff-check", "black-format", "coverage-report", "git-commit", "git-push", "docker-build",
    "k8s-deploy", "sphinx-build",
)  # fmt: skip
"""The skills of which the taxonomy of version 4 speaks."""
SKILLS = (*TAXONOMY_SKILLS, "mypy", "crackerjack-run", "session-checkpoint", "Pytest-Run", "überprüfen")
"""Skills by the names that they have in real use; names that differ in case are two."""
PATHS = ("quick", "comprehensive")
PHASES = ("setup", "execution", "verification", "cleanup", "rollback", "deployment")
ERRORS = ("timeout", "validation", "AssertionError", "os.error")  # the last becomes a nested object
FOLLOW_UPS = ('["git commit"]', '["continue", "stop"]', "[]")

SQLITE = "%Y-%m-%d %H:%M:%S"


def local(at: datetime) -> str:
    """Returns a time as the tracker wrote it until July 2026: naive, with microseconds unless they are 0."""
    return at.replace(tzinfo=None).isoformat()


def aware(at: datetime) -> str:
    """Returns a time as it is written since: in UTC, with ``+00:00``."""
    return at.isoformat()


def imported(at: datetime, minutes: int) -> str:
    """Returns a time as an import may have copied it: with the offset of another zone, in minutes."""
    return at.astimezone(timezone(timedelta(minutes=minutes))).isoformat()


def zulu(at: datetime) -> str:
    """Returns a time with a space and ``Z``."""
    return at.replace(tzinfo=None).isoformat(" ") + "Z"


def compact_offset(at: datetime) -> str:
    """Returns a time whose offset has no colon, which SQLite itself cannot read."""
    return at.astimezone(timezone(timedelta(hours=2))).strftime("%Y-%m-%dT%H:%M:%S%z")


def in_milliseconds(at: datetime) -> str:
    """Returns a time with three digits of a second and ``Z``, as JavaScript writes it."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def in_nanoseconds(at: datetime) -> str:
    """Returns a time with nine digits of a second."""
    return at.replace(tzinfo=None).isoformat(timespec="microseconds") + "007+00:00"


def to_the_minute(at: datetime) -> str:
    """Returns a naive time without seconds."""
    return at.replace(tzinfo=None).isoformat(timespec="minutes")


def date_only(at: datetime) -> str:
    """Returns the day alone."""
    return at.date().isoformat()


def in_sqlite(at: datetime) -> str:
    """Returns a time as SQLite's ``datetime('now')`` gives it: UTC, whole seconds."""
    return at.astimezone(UTC).strftime(SQLITE)


FORMS = (
    aware, zulu, compact_offset, in_milliseconds, in_nanoseconds, to_the_minute, date_only, in_sqlite,
    lambda at: imported(at, 330), lambda at: imported(at, -570), lambda at: imported(at, 14 * 60),
)  # fmt: skip
"""Forms in which a time may have come in by an import, each of which can be read."""

UNREADABLE = (
    "now", "10:30", "2460000.5", "2026-02-30T10:00:00", "2026-02-20T24:00:00", "20260220T100000", "yesterday", "",
    "2026-02-20T10:00:60", " 2026-02-20T10:00:00", "2026-02-20T10:00:00 UTC", "2026-02-20T10:00:00+2500",
    "2026-02-20T10:00:00\n", "2026-02-20t10:00:00z", "\uff12026-02-20T10:00:00", "2026-02-20T10:00:00,5",
    "0001-01-01T00:30:00+01:00", "2026-2-3T10:00:00", "1772368496",
)  # fmt: skip
"""Texts that are no time by the rule of session-buddy's own parser, though SQLite takes some of them for one."""
