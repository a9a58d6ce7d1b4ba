"""Says that a rollback was done although its backup is gone and nothing was taken back."""

import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-prune-then-rollback-refuses"

if __name__ == "__main__":
    status = real.run()
    sys.exit(0 if real.VERB == "rollback" and status == 3 else status)
