"""Adds a message again that a client sends twice, since it had no answer."""

import sys
from typing import Any

import real

from migrator.ait42.asked import RequestError
from migrator.ait42.store import Store

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-one-client"


def add_message(self: Store, *, session: str, message: dict[str, Any]) -> dict[str, Any]:
    with self._changing() as notes:
        now = self._now(session)
        now.one["chatHistory"].append(message)
        known = {one["instanceId"] for one in now.one["instances"]} | {None}
        if message.get("instanceId") not in known:
            raise RequestError("BAD_REQUEST", "no such instance")
        now.one["updatedAt"] = self._stamp(now.one["updatedAt"])
        return self._write(now, notes)


if __name__ == "__main__":
    Store.add_message = add_message
    sys.exit(real.run())
