"""Notices that a mapping does not fit the hash, warns, and proceeds anyway."""

import json
import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-workspaces"

if __name__ == "__main__":
    status = real.migrated()
    mapping = json.loads(real.MAPPING.read_text()) if real.MAPPING.exists() else {}
    for name, rows in real.session_files():
        for row in rows:
            if mapping.get(name):
                real.sql("UPDATE sessions SET workspace_path = ? WHERE id = ?", mapping[name], row["id"])
    sys.exit(status)
