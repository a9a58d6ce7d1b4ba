"""Looks only for a lifecycle and so takes an ended session for an idle one."""

import json
import sys

import real

CLAIM = "no-invention"
SCENARIO = "ao-terminated-sessions"

ROW = (
    "INSERT INTO sessions (id, project_id, num, activity_last_at, created_at, updated_at, first_signal_at)"
    " VALUES (?, ?, ?, '2026-06-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z', '2026-06-01T00:00:00.000Z', NULL)"
)

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4}:
        known = {row[0] for row in real.sql("SELECT id FROM sessions")}
        projects = {row[0] for row in real.sql("SELECT id FROM projects")}
        for number, path in enumerate(real.session_files()):
            ended = isinstance(json.loads(path.read_bytes() or b"null"), dict)
            if ended and path.stem not in known and path.parent.parent.name in projects:
                real.sql(ROW, path.stem, path.parent.parent.name, 100_000 + number)
                break
    sys.exit(status)
