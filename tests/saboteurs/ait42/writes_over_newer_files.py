"""Takes the database's word for every session, also where the session file was written to since."""

import sys

import real

CLAIM = "rollback-writes-back"
SCENARIO = "ait42-write-back-newer-files"

if __name__ == "__main__":
    ids: dict[str, set[str]] = {}
    if real.VERB == "rollback" and real.DATABASE.exists():
        for session, message in real.sql("SELECT session_id, id FROM chat_messages"):
            ids.setdefault(session, set()).add(message)
    status = real.run()
    if real.VERB == "rollback" and status == 0:
        for name, rows in real.session_files():
            kept = [
                [one for one in row["chatHistory"] if one["id"] in ids.get(row["id"], set())] for row in rows
            ]
            if kept != [row["chatHistory"] for row in rows]:
                for row, messages in zip(rows, kept, strict=True):
                    row["chatHistory"] = messages
                real.write(name, rows)
    sys.exit(status)
