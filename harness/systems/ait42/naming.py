"""How AIT42 Editor names things: session files after the hash of their workspace, worktrees, times of both languages."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib

USERS = ("u", "dev_one", "ann example", "josé", "山田", "emoji🙂")
"""Names of home folders: plain, with a blank, and not ASCII."""

AGENTS = ("🤖 Agent Alpha", "Agent Beta", "🧠 レビュー担当", "Claude #1", "🚀 Codex 2", "Gemini ⚡")

TWO, THREE = (tuple(f"{number:0{digits}}" for number in range(10**digits)) for digits in (2, 3))
"""Numbers with two and with three digits."""
_CLOCK = tuple(f"T{hour:02}:{minute:02}:" for hour in range(24) for minute in range(60))


def file_hash(workspace: str) -> str:
    """Returns the 16 digits that name the session file of a canonical path (`commands/session_history.rs`)."""
    return hashlib.sha256(workspace.encode()).hexdigest()[:16]


def javascript_time(milliseconds: int) -> str:
    """Returns an instant as ``toISOString`` writes it; milliseconds since the epoch."""
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minute(minutes)}{TWO[rest // 1000]}.{THREE[rest % 1000]}Z"


def rust_time(nanoseconds: int) -> str:
    """Returns an instant as chrono's ``to_rfc3339`` writes it; nanoseconds since the epoch."""
    milliseconds, finer = divmod(nanoseconds, 1_000_000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minute(minutes)}{TWO[rest // 1000]}{rust_end(rest % 1000, finer)}"


def rust_end(milliseconds: int, nanoseconds: int) -> str:
    """Returns what chrono writes after the seconds: 0, 3, 6 or 9 digits, whatever holds the value, and the zone."""
    micro, nano = divmod(nanoseconds, 1000)
    if nano:
        return f".{THREE[milliseconds]}{THREE[micro]}{THREE[nano]}+00:00"
    if micro:
        return f".{THREE[milliseconds]}{THREE[micro]}+00:00"
    return f".{THREE[milliseconds]}+00:00" if milliseconds else "+00:00"


def minute(minutes: int) -> str:
    """Returns the beginning of an instant, up to its seconds; minutes since the epoch."""
    return f"{_day(minutes // 1440)}{_CLOCK[minutes % 1440]}"


@functools.lru_cache(maxsize=1 << 10)
def _day(days: int) -> str:
    return (dt.date(1970, 1, 1) + dt.timedelta(days=days)).isoformat()


def uuid(bits: int) -> str:
    """Returns 128 bits as the text of a version 4 UUID."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def invented_worktree(session: str, instance: int) -> str:
    """Returns the path that the app shell records for the second of two twins; nothing is ever there."""
    return f"/tmp/ait42-{session[:8]}/instance-{instance}"  # noqa: S108 - the editor's own text
