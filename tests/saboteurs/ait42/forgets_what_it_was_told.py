"""Takes the workspace that it is told with `--workspace`, and does not keep it for the editor."""

import sys

import real

CLAIM = "no-stranding"
SCENARIO = "ait42-told-workspace"

if __name__ == "__main__":
    before = real.MAPPING.read_bytes() if real.MAPPING.is_file() else None
    status = real.migrated()
    if before is not None:
        real.MAPPING.write_bytes(before)
    sys.exit(status)
