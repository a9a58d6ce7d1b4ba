"""How a command ends: the exit table, and the errors that lead to its rows.

Nothing here is slow to import, so that `--help` stays instant.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Exit statuses; stable, scripts depend on them."""

    DONE = 0
    USAGE = 2
    REFUSED = 3
    PARTIAL = 4
    FAILED = 5
    ATTENTION = 6


MEANING = {
    Exit.DONE: "done, or there was nothing to do",
    Exit.USAGE: "the command line is wrong",
    Exit.REFUSED: "refused; every file is as it was",
    Exit.PARTIAL: "done, with some records set aside; each is named with its reason",
    Exit.FAILED: "failed; everything is back as it was before",
    Exit.ATTENTION: "needs a person: something differs, or could not be taken back",
}

NAME = {
    Exit.DONE: "done",
    Exit.REFUSED: "refused",
    Exit.PARTIAL: "partial",
    Exit.FAILED: "failed",
    Exit.ATTENTION: "attention",
}


class Refusal(Exception):  # noqa: N818 - a way to end, named for it
    """Nothing was changed; `code` is stable, the message says what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Failure(Exception):  # noqa: N818 - a way to end, named for it
    """The work failed and everything it had changed is back as it was."""


class Attention(Exception):  # noqa: N818 - a way to end, named for it
    """The work stopped in a state that only a person, or a later run, can settle."""
