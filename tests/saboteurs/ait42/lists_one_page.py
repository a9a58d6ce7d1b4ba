"""Lists the two newest sessions, and forgets that there are more."""

import sys
from typing import Any

import real

from migrator.ait42.store import Store

CLAIM = "answers-hold"
SCENARIO = "ait42-store-one-client"
right = Store.list


def listed(self: Store, **given: Any) -> dict[str, Any]:
    return right(self, **{"limit": 2, **given})


if __name__ == "__main__":
    Store.list = listed
    sys.exit(real.run())
