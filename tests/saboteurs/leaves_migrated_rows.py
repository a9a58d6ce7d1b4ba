"""Exports others' work and then leaves every row in place: the removal was never written."""

import sys

import real

CLAIM = "rollback-takes-back"
SCENARIO = "ao-rollback-new-work"

if __name__ == "__main__":
    before = real.DATABASE.read_bytes() if real.VERB == "rollback" else b""
    exported = set(real.exports())
    status = real.run()
    if real.VERB == "rollback" and set(real.exports()) - exported:
        real.DATABASE.write_bytes(before)
    sys.exit(status)
