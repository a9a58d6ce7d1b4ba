"""Makes its database before it looks whether there is anything to migrate."""

import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "ait42-nothing-to-do"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and not real.DATABASE.exists():
        real.LEGACY.mkdir(exist_ok=True)
        real.sql("CREATE TABLE sessions (id)")
    sys.exit(status)
