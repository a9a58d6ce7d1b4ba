"""Makes its backup folder first and checks afterwards whether it may go on."""

import sys

import real

CLAIM = "refusal-is-clean"
SCENARIO = "ao-refuses-live-daemon"

if __name__ == "__main__":
    status = real.run()
    if status == 3:
        (real.STATE / "ao/refused").mkdir(parents=True, exist_ok=True)
    sys.exit(status)
