"""Migrates the database that is named, and then what lies at a usual place as well."""

import os
import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "session-buddy-named"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and status == 0:
        named = sys.argv.index("--database")
        sys.argv[named : named + 2] = []
        del os.environ["MIGRATION_REPORT"]
        real.run()

    sys.exit(status)
