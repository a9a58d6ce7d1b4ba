"""How AIT42 Editor names things: session files after the hash of their workspace, worktrees, times of both languages."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib

USERS = ("u", "dev_one", "ann example", "josé", "山田", "emoji🙂")
"""Names of home folders: plain, with a blank, and not ASCII."""

AGENTS = ("🤖 Agent Alpha", "Agent Beta", "🧠 レビュー担当", "Claude #1", "🚀 Codex 2", "Gemini ⚡")

_TWO, _THREE = (tuple(f"{number:0{digits}}" for number in range(10**digits)) for digits in (2, 3))


def file_hash(workspace: str) -> str:
    """Returns the 16 digits that name the session file of a canonical path (`commands/session_history.rs`)."""
    return hashlib.sha256(workspace.encode()).hexdigest()[:16]


def javascript_time(milliseconds: int) -> str:
    """Returns an instant as ``toISOString`` writes it; milliseconds since the epoch."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_minute(seconds // 60)}{_TWO[seconds % 60]}.{_THREE[rest]}Z"


def rust_time(nanoseconds: int) -> str:
    """Returns an instant as chrono's ``to_rfc3339`` writes it: 0, 3, 6 or 9 digits, whatever holds the value."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    micro, nano = divmod(rest, 1000)
    milli, micro = divmod(micro, 1000)
    shown = f".{_THREE[milli]}" if rest else ""
    if micro or nano:
        shown += _THREE[micro] + (_THREE[nano] if nano else "")
    return f"{_minute(seconds // 60)}{_TWO[seconds % 60]}{shown}+00:00"


@functools.lru_cache(maxsize=1 << 16)
def _minute(minutes: int) -> str:
    """Returns the beginning of an instant, to the seconds; most of many instants share theirs."""
    date = dt.datetime(1970, 1, 1) + dt.timedelta(minutes=minutes)  # noqa: DTZ001
    return date.isoformat(timespec="minutes") + ":"


def uuid(bits: int) -> str:
    """Returns 128 bits as the text of a version 4 UUID."""
    digits = f"{bits:032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def worktree(session: str, instance: int) -> str:
    """Returns the worktree of a competition's instance, below its workspace."""
    return f"{{workspace}}/src-tauri/.worktrees/competition-{session[:8]}/instance-{instance}"


def invented_worktree(session: str, instance: int) -> str:
    """Returns the path that the app shell records for the second of two twins; nothing is ever there."""
    return f"/tmp/ait42-{session[:8]}/instance-{instance}"  # noqa: S108 - the editor's own text
