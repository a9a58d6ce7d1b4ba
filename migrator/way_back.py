"""The way back of every run that stands, whole or interrupted, and what is said of it."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import cast

from migrator import built, files, journal
from migrator.journal import Run
from migrator.outcome import Exit, Refusal
from migrator.progress import Say
from migrator.report import Report
from migrator.system import Builder, System
from migrator.undo import Survey, survey, sweep, take_back

Clock = Callable[[], datetime]


def standing(system: System) -> list[Run]:
    """The runs whose changes may still be there, newest first."""
    found = journal.runs(system.state, system.database.path)
    return [run for run in reversed(found) if run.state != "rolled-back"]


def recover(system: System, clock: Clock) -> None:
    """Interrupted runs are taken back; one that others have built on since is kept as it is."""
    for run in standing(system):
        if run.interrupted and run.find("begin").get("built"):
            system.guard()
            built.recover(cast("Builder", system), run, clock())
        elif run.interrupted:
            system.guard()
            found = survey(system.database, run, system.removal)
            if found.others and run.state != "rollback-begin":
                sweep(run)
                run.add("done", at=clock().isoformat(), recovered=True)
            else:
                undo(system, run, found, clock())


def undo(system: System, run: Run, found: Survey, now: datetime) -> None:
    """What the run changed is as it was, as far as `found` allows. May be repeated. Raises OSError, Refusal."""
    take_back(
        system.database,
        system.home,
        run,
        found,
        now,
        make=system.removal,
        also=lambda: system.unsettle(run),
    )


def rollback(system: System, report: Report, say: Say, *, clock: Clock) -> None:
    """What runs added is gone, newest run first, and everything else is as it was, or as others left it since."""
    runs = standing(system)
    if not runs:
        report.message = "Nothing was migrated to this target, or it was rolled back already; nothing to do."
        return
    others = False
    with say.step("rollback"), files.held(system.state):
        for run in built.whole(runs):
            try:
                system.guard()
                others = _rolled_back(system, run, clock()) or others
            except Refusal as refusal:
                if not report.changed:
                    raise
                message = f"Later runs are taken back, but run {run.name} stays: {refusal}"
                report.exit, report.code, report.message = Exit.ATTENTION, refusal.code, message
                return
            report.changed, report.backup = True, run.backup
    kept = "everything is as it was before the migration"
    if others:
        kept = "what the migration added is gone, and what others did since is kept"
    report.message = f"Rolled back: {kept}. The backup is kept.{_exported(runs, report)}"


def _rolled_back(system: System, run: Run, now: datetime) -> bool:
    """Whether others' work stood in the way."""
    if run.find("begin").get("built"):
        return built.take_back(cast("Builder", system), run, now)
    found = survey(system.database, run, system.removal)
    undo(system, run, found, now)
    return bool(found.holds and not found.restore)


def _exported(runs: list[Run], report: Report) -> str:
    """What could not stay in its place, and where it is now."""
    report.notes.extend(note for run in runs for note in built.returned(run))
    exports = [event for run in runs for event in run.exports()]
    if not exports:
        return ""
    rows = sum((Counter(event["rows"]) for event in exports), Counter[str]())
    parts = [f"{count} row{'s' * (count != 1)} of {table}" for table, count in rows.items()]
    if files_ := sum(len(event["paths"]) for event in exports):
        parts.append(f"{files_} file{'s' * (files_ != 1)}")
    report.export = exports[0]["export"]
    where = " and ".join(event["export"] for event in exports)
    return f" What others had made of it is in {where} (see README.txt there): {', '.join(parts)}."
