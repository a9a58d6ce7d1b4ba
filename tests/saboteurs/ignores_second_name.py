"""Does not ask whether the database has a second name, under which a rollback would leave what was migrated."""

import os
import sys

import real

CLAIM = "ends-as-expected"
SCENARIO = "ao-refuses-hostile-homes"
LSTAT = os.lstat


def alone(path: str) -> os.stat_result:
    about = LSTAT(path)
    if str(path) != str(real.DATABASE):
        return about
    facts = list(about)
    facts[3] = 1
    whole = {name: getattr(about, name) for name in dir(about) if name.startswith("st_")}
    return os.stat_result(facts, whole)


if __name__ == "__main__":
    os.lstat = alone  # type: ignore[assignment]
    sys.exit(real.run())
