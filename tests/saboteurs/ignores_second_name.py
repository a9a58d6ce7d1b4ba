"""Does not ask whether the database has a second name, under which a rollback would leave what was migrated."""

import sys

import real

from migrator.ao import target

CLAIM = "ends-as-expected"
SCENARIO = "ao-refuses-hostile-homes"

if __name__ == "__main__":
    target.of_one_name = lambda _: None
    sys.exit(real.run())
