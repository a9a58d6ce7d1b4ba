"""Has a transaction for each session and none for the file: what stood before the error stays."""

import json
import sys
from pathlib import Path
from typing import Any

import real

CLAIM = "no-invention"
SCENARIO = "ait42-corrupt-files"


def first_session(path: Path) -> dict[str, Any] | None:
    """Returns the first element of a file that breaks off later."""
    try:
        text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
        row, _ = json.JSONDecoder().raw_decode(text[text.index("{") :])
        json.dumps(row, ensure_ascii=False).encode()
    except (ValueError, OSError):
        return None
    return row if isinstance(row, dict) and "id" in row else None


if __name__ == "__main__":
    status = real.migrated()
    for path in sorted(real.SESSIONS.glob("*.json")):
        row = first_session(path)
        if row:
            values = row["id"], str(row.get("task")), str(row.get("updatedAt"))
            real.sql(
                "INSERT OR IGNORE INTO sessions (id, workspace_path, type, task, status, created_at, updated_at) "
                "VALUES (?1, '/w', 'debate', ?2, 'running', ?3, ?3)",
                *values,
            )
    sys.exit(status)
