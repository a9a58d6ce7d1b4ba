"""Begins its hours at the moment of the run, with minutes and seconds: they belong to no grid."""

import sys

import real

CLAIM = "no-loss"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    real.sql("UPDATE skill_time_series SET timestamp = replace(timestamp, ':00:00', ':34:56.000001')")

    sys.exit(status)
