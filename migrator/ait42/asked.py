"""Sessions and messages as clients of the store give them: checked as strictly as if they stood in a file."""

import json
from collections.abc import Iterable
from typing import Any

from migrator.ait42 import decode, shape
from migrator.ait42.decode import Json


class RequestError(Exception):
    """The request cannot be done, and changed nothing; the arguments are code and message."""


def check_references(messages: Iterable[shape.Message]) -> None:
    """Raises RequestError for a message of an instance that is not there: should it come later, nobody could tell whose it was."""
    for _, _, mid, _, issues in messages:
        if any(issue.reason == "dangling-instance" for issue in issues):
            raise RequestError(
                "BAD_REQUEST", f"message {mid} is of an instance that the session does not have"
            )


def whole(one: Json) -> Json:
    """The session with every key, in order, as the editor writes it; unknown ones last."""
    parts = {
        name: [dict.fromkeys(keys) | part for part in one[name]]
        for name, keys in (("instances", decode.INSTANCE), ("chatHistory", decode.MESSAGE))
    }
    return dict.fromkeys(decode.SESSION) | one | parts


def checked(one: Any) -> Json:
    """The session, as strictly as the editor would read it from a file. Raises RequestError."""
    try:
        return decode.sessions(json.dumps([one]).encode())[0]
    except decode.BadFileError as bad:
        raise RequestError("BAD_REQUEST", ": ".join(bad.args)) from bad
