"""Stores nothing as the workspace where it is not known."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-workspaces"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE sessions SET workspace_path = '' WHERE workspace_path LIKE 'unknown:%'")
    sys.exit(status)
