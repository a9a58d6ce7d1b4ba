"""How a command ends: the exit table, and the errors that lead to its rows."""

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


class Ending(Exception):  # noqa: N818 - a way to end, named for it
    """The work stops; the message says in plain words what is wrong and what to do."""

    exit = Exit.ATTENTION
    code: str | None = None


class Refusal(Ending):
    """Nothing was changed; `code` is stable."""

    exit = Exit.REFUSED

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Failure(Ending):
    """The work failed and everything it had changed is back as it was."""

    exit = Exit.FAILED


class Attention(Ending):
    """The work stopped in a state that only a person, or a later run, can settle."""


def named(error: BaseException) -> str:
    """What went wrong, for a person."""
    return "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"


def undone(error: BaseException, second: Exception | None = None) -> Ending:
    """How a run ends that failed and was taken back, or could not be because of a `second` error."""
    if second is None:
        return Failure(f"The migration failed and everything is back as it was: {named(error)}.")
    message = f"The migration failed ({named(error)}), taking it back too ({second}). Run rollback again."
    return Attention(message)
