"""Writes the file first, fails to write every third message to the database, and says that all is well."""

import itertools
import sys
from typing import Any

import real

from migrator import files
from migrator.ait42.store import Store

CLAIM = "acknowledged-is-kept"
SCENARIO = "ait42-store-one-client"
TURNS = itertools.count(1)
right = Store.add_message


def add_message(self: Store, *, session: str, message: dict[str, Any]) -> dict[str, Any]:
    if "content" not in message or message["instanceId"] is not None or next(TURNS) % 3:
        return right(self, session=session, message=message)
    with self._locked():
        now = self._now(session)
        path = self._beside._reader.path(now.file)
        elements = self._beside.elements(now.file)
        for one in elements:
            if one["id"] == session:
                one["chatHistory"].append(message)
        self._beside._replaced(path, elements, files.stamp(path))
    return {"session": session}


if __name__ == "__main__":
    Store.add_message = add_message
    sys.exit(real.run())
