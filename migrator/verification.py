"""Comparing the target, and the files that moved along, with what runs of a migration left there."""

from collections.abc import Iterator

from migrator import files
from migrator.journal import Run
from migrator.outcome import Attention, Refusal
from migrator.progress import Say
from migrator.system import System


def prove(system: System, run: Run, say: Say) -> None:
    """The run has left all that it was to leave. Raises OSError where not, Attention where that cannot be seen."""
    try:
        wrong = list(wrong_with(system, [run], say))
    except Refusal as refusal:
        raise Attention(f"Migrated, but not verified: {refusal} Then run verify.") from refusal
    if wrong:
        raise OSError(f"verification found {len(wrong)} differences, first: {wrong[0]}")


def wrong_with(system: System, runs: list[Run], say: Say) -> Iterator[str]:
    """What is missing or not as the runs, newest first, left it."""
    for name, what in system.differences(runs, say):
        yield f"{name}: {what}"
    copies = {copy["target"]: copy for run in reversed(runs) for copy in run.find("staged").get("copies", [])}
    for copy in say.counted(copies.values(), len(copies)):
        try:
            if files.digest(copy["target"]) != copy["sha256"]:
                yield f"{copy['target']}: differs from the copy that was made"
        except OSError as error:
            yield f"{copy['target']}: {error.strerror}"
