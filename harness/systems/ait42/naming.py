"""How AIT42 Editor names things: session files after the hash of their workspace, worktrees, times of both languages."""

from __future__ import annotations

import datetime as dt
import hashlib

USERS = ("u", "dev_one", "ann example", "josé", "山田", "emoji🙂")
"""Names of home folders: plain, with a blank, and not ASCII."""

AGENTS = ("🤖 Agent Alpha", "Agent Beta", "🧠 レビュー担当", "Claude #1", "🚀 Codex 2", "Gemini ⚡")


def file_hash(workspace: str) -> str:
    """Returns the 16 digits that name the session file of a canonical path (`commands/session_history.rs`)."""
    return hashlib.sha256(workspace.encode()).hexdigest()[:16]


def javascript_time(milliseconds: int) -> str:
    """Returns an instant as ``toISOString`` writes it; milliseconds since the epoch."""
    return _date(milliseconds // 1000) + f".{milliseconds % 1000:03}Z"


def rust_time(nanoseconds: int) -> str:
    """Returns an instant as chrono's ``to_rfc3339`` writes it: 0, 3, 6 or 9 digits, whatever holds the value."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    digits = f"{rest:09}"
    shown = next((digits[:n] for n in (0, 3, 6) if not digits[n:].strip("0")), digits)
    return f"{_date(seconds)}{'.' if shown else ''}{shown}+00:00"


def _date(seconds: int) -> str:
    return (dt.datetime(1970, 1, 1) + dt.timedelta(seconds=seconds)).isoformat(timespec="seconds")  # noqa: DTZ001


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
