"""Notes in its journal that it has pruned, also when there was nothing to prune."""

import sys

import real

CLAIM = "retention-kept"
SCENARIO = "ao-prune-keeps-young-backups"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "prune":
        (real.STATE / "last-prune").touch(0o600)
    sys.exit(status)
