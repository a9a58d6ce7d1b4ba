"""Saves the mapping of workspaces after each answer, also in a dry run."""

import sys

import real

CLAIM = "dry-run-is-clean"
SCENARIO = "ait42-dry-run"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run" and real.LEGACY.is_dir() and not real.MAPPING.is_dir():
        real.MAPPING.write_text("{}")
    sys.exit(status)
