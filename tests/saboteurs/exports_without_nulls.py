"""Leaves columns out of an exported row that hold nothing, as if absent and NULL were the same."""

import sys

import real

CLAIM = "rollback-keeps-new-work"
SCENARIO = "ao-rollback-new-work"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "rollback":
        real.edit_exports(
            lambda _, rows: [{key: value for key, value in row.items() if value is not None} for row in rows]
        )
    sys.exit(status)
