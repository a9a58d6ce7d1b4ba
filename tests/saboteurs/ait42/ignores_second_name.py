"""Does not ask whether the database has a second name, under which a rollback would leave what was migrated."""

import sys

import real

from migrator.ait42 import sources

CLAIM = "ends-as-expected"
SCENARIO = "ait42-refuses-damage"

if __name__ == "__main__":
    sources.of_one_name = lambda _: None
    sys.exit(real.run())
