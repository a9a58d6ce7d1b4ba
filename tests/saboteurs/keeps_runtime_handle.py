"""Carries the dead terminal's handle over, so that the new daemon tries to kill a stranger."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        real.without_triggers(["UPDATE sessions SET runtime_handle_id = id"])
    sys.exit(status)
