"""What is kept of finished runs, for how long, and how it goes when that time is over."""

import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta

from migrator import files, journal
from migrator.amendment import CHANGED
from migrator.backup import KEPT
from migrator.built import ASIDE
from migrator.journal import MADE, ROWS, WRITTEN, Run
from migrator.outcome import Refusal
from migrator.progress import Say
from migrator.report import Report
from migrator.system import Note, System

DAYS = KEPT.days
ENDS = ("done", "purging", "rolled-back")
LEGACY = "legacy"  # files that were moved away


def prune(
    system: System, report: Report, say: Say, *, days: int, dry_run: bool, clock: Callable[[], datetime]
) -> None:
    """Backups and exports of runs that ended at least so many days ago are gone; no file of anybody else is touched.

    The journals stay, so that `status` and `verify` go on working. An interrupted run keeps everything.
    """
    now = clock()
    with contextlib.ExitStack() as stack:
        if not dry_run and os.path.isdir(system.state):
            stack.enter_context(files.held(system.state))
        runs = journal.runs(system.state, system.database.path)
        due = [run for run in runs if _due(run, now, days) and _kept(run)]
        report.notes = [_note(run, "pruned", "would go" if dry_run else "removed") for run in due]
        if not due:
            when = f"{days} days ago or earlier" if days else "so far"
            report.message = f"Nothing is kept of a run that ended {when}; nothing was changed."
        elif dry_run:
            report.message = "Dry run: these backups and exports would be removed; nothing was changed."
        else:
            with say.step("prune"):
                for run in due:
                    _remove(run, now)
            report.changed = True
            report.message = (
                "Removed backups and exports; the runs that had them can no longer be rolled back."
            )


def _due(run: Run, now: datetime, days: int) -> bool:
    """Whether the time is over for which the run is kept; a prune that was interrupted is to be finished."""
    if run.interrupted:
        return False
    pruned = run.find("pruned")
    unfinished = bool(pruned) and _ended(run) <= datetime.fromisoformat(pruned["at"])
    return not days or unfinished or now - _ended(run) >= timedelta(days=days)


def status(system: System, report: Report, _: Say) -> None:
    """What the journal says, and which backups and exports there are."""
    runs = journal.runs(system.state, system.database.path)
    if not runs:
        report.message = "Nothing was migrated to this target yet."
        return
    last = runs[-1]
    report.backup = last.backup if os.path.isdir(last.backup) else None
    report.export = next((e["export"] for e in last.exports() if os.path.isdir(e["export"])), None)
    report.message = f"Run {last.name} is {last.state}."
    report.notes = [_note(run, "kept", _until(run)) for run in runs if _kept(run)]
    if last.interrupted:
        report.message = f"Run {last.name} was interrupted at '{last.state}'; migrate or rollback settles it."
        try:
            with files.held(system.state):
                pass
        except Refusal:
            report.message = f"Run {last.name} is at work now, at '{last.state}'."


def _ended(run: Run) -> datetime:
    """When the run was done, rolled back, or took legacy files into its keeping, whichever came last."""
    return max(datetime.fromisoformat(run.find(state)["at"]) for state in ENDS if run.find(state))


def _until(run: Run) -> str:
    if run.find("pruned"):
        return "left over by a prune that was interrupted; prune again"
    if run.interrupted:
        return "kept until migrate or rollback has settled the run"
    return f"kept until {_ended(run) + KEPT:%Y-%m-%d}"


def _kept(run: Run) -> list[str]:
    """The backup and the exports of a run that are there; of one that was rolled back also its rows or database."""
    names = [name for name in sorted(os.listdir(run.folder)) if name.startswith("export") or name == LEGACY]
    if run.state == "rolled-back":
        names += [ROWS, WRITTEN, MADE, CHANGED, ASIDE]
    paths = [run.backup, *(os.path.join(run.folder, name) for name in names)]
    return [path for path in paths if os.path.lexists(path)]


def _note(run: Run, reason: str, what: str) -> Note:
    size = sum(files.size_of(path) for path in _kept(run)) / 1024
    shown = f"{size:.0f} KiB" if size < 1024 else f"{size / 1024:.1f} MiB"
    exports = sum(os.path.basename(path).startswith("export") for path in _kept(run))
    parts = "backup" if not exports else "backup and export"
    return Note(run.folder, run.name, reason, f"{parts}, {shown}, {what}")


def _remove(run: Run, now: datetime) -> None:
    """What was kept is gone; the journal said so first, from the room that was set aside for it."""
    run.free_reserve()
    if not run.find("pruned"):
        run.add("pruned", at=now.isoformat())
    for path in _kept(run):
        files.remove_tree(path)
    files.sync_folder(run.folder)
