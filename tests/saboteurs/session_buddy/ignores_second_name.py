"""Does not ask whether the database has a second name, under which a rollback would leave what was migrated."""

import importlib
import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "session-buddy-refuses-second-name"

if __name__ == "__main__":
    module = importlib.import_module("migrator.session_buddy.places")
    module.of_one_name = lambda _: None
    sys.exit(real.run())
