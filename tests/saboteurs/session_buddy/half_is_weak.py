"""Calls a lift of exactly 0.5 weak, as `>=` does."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()
    (text,) = real.sql("SELECT sql FROM sqlite_master WHERE name = 'v_skill_dependency_network'")[0]
    real.script(f"DROP VIEW v_skill_dependency_network; {text.replace('> 0.5', '>= 0.5')}")

    sys.exit(status)
