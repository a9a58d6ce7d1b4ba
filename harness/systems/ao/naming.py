"""How the legacy Agent Orchestrator names things: projects, prefixes, sessions, Claude's buckets."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_NOT_SLUG = re.compile(r"[^a-zA-Z0-9-]")

USERS = ("u", "dev_one", "ann example", "josé", "山田", "dot.name", "emoji🙂")
"""Names of home folders: plain, with the characters on which the bucket rules of releases differ, and not ASCII."""

_MINUTES = tuple(f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1_440))
_SECONDS = tuple(f"{second:02}." for second in range(60))
_MILLIS = tuple(f"{milli:03}Z" for milli in range(1_000))


def session_prefix(folder: str) -> str:
    """Returns the prefix that legacy derives from a repository's folder (`packages/core/src/paths.ts`)."""
    if len(folder) <= 4:
        return folder.lower()
    capitals = re.findall(r"[A-Z]", folder)
    if len(capitals) >= 2:
        return "".join(capitals).lower()
    for separator in "-_":
        if separator in folder:
            return "".join(word[0] for word in folder.split(separator) if word).lower()
    return folder[:3].lower()


def project_id(absolute: str, origin: str) -> str:
    """Returns the registry key for a new project: slug of the folder, then ten hexadecimal digits.

    `packages/core/src/global-config.ts`.
    """
    folder = absolute.rsplit("/", 1)[-1].lower()
    slug = re.sub(r"-+", "-", re.sub(r"[^a-z0-9_-]", "-", folder))
    slug = re.sub(r"^[^a-z0-9]", "x", slug)[:30] or "x"
    return f"{slug}_{hashlib.sha256(f'{absolute}:{origin}'.encode()).hexdigest()[:10]}"


def storage_key(absolute: str) -> str:
    """Returns the twelve hexadecimal digits with which a V1 folder begins."""
    return hashlib.sha256(absolute.encode()).hexdigest()[:12]


def bucket(absolute: str) -> str:
    """Returns the folder below ``~/.claude/projects`` for a working directory.

    All but ASCII letters, digits and dashes becomes a dash, once for each UTF-16 unit, so that an emoji gives two
    (`packages/plugins/agent-claude-code/src/activity-detection.ts`).
    """
    plain = absolute.replace("\\", "/")
    if not plain.isascii():
        plain = _ASTRAL.sub("--", plain)
    return _NOT_SLUG.sub("-", plain)


@functools.lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=number)).isoformat()


def iso(milliseconds: int) -> str:
    """Returns an instant as JavaScript's ``toISOString`` writes it; milliseconds since the epoch."""
    seconds, millis = divmod(milliseconds, 1_000)
    minutes, second = divmod(seconds, 60)
    day, minute = divmod(minutes, 1_440)
    return _day(day) + _MINUTES[minute] + _SECONDS[second] + _MILLIS[millis]


def uuid(bits: int) -> str:
    """Returns 128 bits as the text of a version 4 UUID."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
