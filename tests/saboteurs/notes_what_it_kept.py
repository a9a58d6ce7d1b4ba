"""Lists as lost whatever is no column, the keys too from which it has just made the row."""

import sys

import real

from migrator.ao import session

CLAIM = "losses-told"
SCENARIO = "ao-clean"

if __name__ == "__main__":
    session.READ.clear()
    sys.exit(real.run())
