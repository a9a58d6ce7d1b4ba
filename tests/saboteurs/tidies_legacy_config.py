"""Rewrites the legacy config in passing, as the legacy tool's own loader does."""

import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    config = real.LEGACY / "config.yaml"
    if real.VERB == "migrate" and config.is_file():
        config.write_bytes(config.read_bytes().rstrip() + b"\n# migrated\n")
    sys.exit(status)
