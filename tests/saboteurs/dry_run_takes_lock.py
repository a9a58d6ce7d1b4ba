"""Takes its lock file before it looks whether this is a dry run."""

import sys

import real

CLAIM = "dry-run-is-clean"
SCENARIO = "ao-dry-run"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run" and real.LEGACY.is_dir():
        (real.LEGACY / "migrate.lock").touch()
    sys.exit(status)
