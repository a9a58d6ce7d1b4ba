"""The one course of every migration, whatever the system.

inspect and plan -> preflight -> backup -> apply -> verify -> done; and, after a crash, first the way back
(`migrator.way_back`) from wherever the journal stops. Nothing outside our own state folder changes before the
stage `applying` is on disk, and no copied file gets its final name before the database transaction is committed.

Every verb fills the report it is given; one that cannot go on raises an Ending.
"""

import contextlib
import functools
import os
from collections.abc import Callable
from datetime import datetime
from sqlite3 import Connection
from typing import Any, TypeVar, cast

from migrator import backup, built, database, files, journal, room, tables, verification, way_back
from migrator.database import Contents
from migrator.journal import ROWS, WRITTEN, Run
from migrator.outcome import Attention, Exit, Refusal, named, undone
from migrator.progress import Say
from migrator.report import Report
from migrator.system import Builder, Note, Plan, System, packed
from migrator.undo import survey

Clock = Callable[[], datetime]
T = TypeVar("T")


def inspect(system: System, report: Report, say: Say) -> None:
    """What the legacy home holds; the target is not looked at."""
    if _nothing(system, report):
        return
    with say.step("inspect"):
        plan = system.plan(None, say.progress)
    report.records, report.notes = plan.records, plan.notes
    report.message = f"Found {len(plan.records)} records in the legacy home; nothing was changed."


def _nothing(system: System, report: Report) -> bool:
    """Whether there is nothing to migrate; the report then says why."""
    if not (why := system.nothing()):
        return False
    report.message, report.records = why, system.leftovers()
    _partial(report)
    return True


def _partial(report: Report) -> None:
    if report.counts()["set_aside"]:
        report.exit = Exit.PARTIAL


def migrate(system: System, report: Report, say: Say, *, dry_run: bool, clock: Clock) -> None:
    """The target holds every record that can be migrated, or is exactly as it was."""
    if _nothing(system, report):
        return
    unfinished = any(run.interrupted for run in way_back.standing(system))
    if unfinished and not dry_run:
        with say.step("recover"), files.held(system.state):
            try:
                way_back.recover(system, clock)
            except Refusal:
                system.ready()  # what it has to say of the target is more to the point
                raise
        report.changed = True
    with say.step("plan"):
        known = _runs(system)
        system.ready()
        new = _builder(system)
        plan, contents = _planned(system, say, new=new is not None, dry_run=dry_run)
    if plan:
        _tell(report, plan)
        if _ends_here(system, plan, report, dry_run=dry_run, unfinished=unfinished):
            return
        steps = functools.partial(_steps, system, plan=plan, contents=contents, clock=clock, say=say)
        run = _carry_out(system, steps, clock, known)[1]
    else:
        room.check_writable(system.state)
        assert new is not None
        whole, run = _carry_out(system, lambda run: built.steps(new, run, clock(), say), clock, known)
        _tell(report, whole)
    report.notes.extend(system.changed_meanwhile())
    report.backup, report.changed = run.backup, True
    aside = ", with some records set aside" if report.exit == Exit.PARTIAL else ""
    report.message = f"Migrated{aside}. {system.parting}"


def _planned(system: System, say: Say, *, new: bool, dry_run: bool) -> tuple[Plan | None, Contents]:
    """What is to be done, and what the target holds; no plan for a database that is built while sources are read."""
    last = next(iter(way_back.standing(system)), None)
    known = system.known(last) if last and last.state == "done" else None
    if known or new:
        return known or (system.plan(None, say.progress) if dry_run else None), {}
    with system.database.seen() as target:
        plan = system.plan(target, say.progress)
        return plan, {} if plan.idle else database.contents(target)


def _ends_here(system: System, plan: Plan, report: Report, *, dry_run: bool, unfinished: bool) -> bool:
    """Whether nothing is to be written: there is nothing to do, or it was only to be said."""
    if plan.idle:
        report.message = "Everything that can be migrated is already there; nothing was changed."
        return True
    _check_room(system, plan)
    if dry_run:
        report.message = "Dry run: this is what would be done; nothing was changed."
        if unfinished:
            report.message += " An earlier run was interrupted; the real run settles that first."
    return dry_run


def _tell(report: Report, plan: Plan) -> None:
    report.records, report.notes = plan.records, plan.notes
    _partial(report)


def _builder(system: System) -> Builder | None:
    """The system, if its database is to be built."""
    return cast("Builder", system) if hasattr(system, "absent") and system.absent() else None


def _check_room(system: System, plan: Plan) -> None:
    """There is room for the backup and the new data, and a place where the backup may lie."""
    room.check_writable(system.state)
    rows = sum(map(len, plan.rows))
    size = sum(os.path.getsize(path) for path in system.database.files() if os.path.exists(path))
    wanted = [(system.state, size + 2 * rows), (os.path.dirname(system.database.path), size + 4 * rows)]
    room.check_room(wanted + [(copy.target, copy.size) for copy in plan.copies])


def _runs(system: System) -> list[tuple[str, str]]:
    """The runs of this target and how far they are, by which another migrator's work shows."""
    return [(run.name, run.state) for run in journal.runs(system.state, system.database.path)]


def _check_alone(system: System, known: list[tuple[str, str]]) -> None:
    """Raises Refusal when there are other runs than those known."""
    if _runs(system) != known:
        raise Refusal("DB_LOCKED", "Another migrator was at work on this home meanwhile; run again.")


def _carry_out(
    system: System, steps: Callable[[Run], T], clock: Clock, known: list[tuple[str, str]]
) -> tuple[T, Run]:
    """The run is done; or, when it raises, taken back, or as if it had never begun.

    `known` are the runs that the plan counted on. Raises Refusal when there are others by now.
    """
    made, above = files.missing_folders(system.state), files.existing(system.state)
    mtime = os.stat(above).st_mtime_ns
    try:
        files.make_folders(system.state, 0o700)
        with files.held(system.state):
            _check_alone(system, known)
            run = journal.new(system.state, clock())
            return steps(run), run
    except BaseException:
        with contextlib.suppress(OSError):  # not empty: a run is kept
            for folder in filter(os.path.isdir, reversed(made)):
                os.rmdir(folder)
            os.utime(above, ns=(mtime, mtime))
        raise


def _steps(system: System, run: Run, *, plan: Plan, contents: Contents, clock: Clock, say: Say) -> None:
    try:
        with say.step("backup"):
            run.begin(system.database.path, clock(), contents=contents)
            saved = backup.take(run, system.database.files(), clock(), say.tick)
            system.keep(run)
            facts = _facts(system, run, plan)
            backup.explain(run, saved, facts, clock())
            run.add("backed-up")
        with say.step("apply"):
            _apply(system, run, plan, contents, facts=facts, say=say)
        with say.step("verify"):
            verification.prove(system, run, say)
        run.add("done", at=clock().isoformat())
    except Attention:
        raise
    except BaseException as error:
        if run.find("applying") and not isinstance(error, Refusal):
            raise _undone(system, run, error, clock()) from error
        run.discard()
        raise


def _undone(system: System, run: Run, error: BaseException, now: datetime) -> Exception:
    """The run is taken back; the error that says so, or that it could not be done."""
    try:
        found = survey(system.database, run, system.removal)
        if found.others:
            what = "; ".join(found.others)
            return Attention(
                f"The migration failed ({named(error)}), and meanwhile others worked on: {what}."
            )
        way_back.undo(system, run, found, now)
    except Exception as second:  # noqa: BLE001 - whatever it is, a person must hear of both
        return undone(error, second)
    return undone(error)


def _facts(system: System, run: Run, plan: Plan) -> dict[str, Any]:
    """What the run is about to do to files: copies; new folders, outermost first; times of folders that change."""
    copies = [
        {"source": copy.source, "target": copy.target, "temporary": f"{copy.target}.migrator-{run.name}"}
        for copy in plan.copies
    ]
    parents = {os.path.dirname(copy.target) for copy in plan.copies}
    made = dict.fromkeys(folder for parent in sorted(parents) for folder in files.missing_folders(parent))
    touched = {files.existing(parent) for parent in parents} | {os.path.dirname(system.database.path)}
    times = {path: os.stat(path).st_mtime_ns for path in sorted(touched)}
    return {"copies": copies, "folders": list(made), "times": times}


def _apply(
    system: System, run: Run, plan: Plan, contents: Contents, *, facts: dict[str, Any], say: Say
) -> None:
    run.keep(ROWS, plan.rows)
    copies = facts["copies"]
    run.add("applying", rows=len(plan.rows), **facts)
    with system.database.alone(contents, enforced=system.enforced) as target:
        for folder in facts["folders"]:
            files.make_folders(folder, 0o750)
        for copy in say.counted(copies, len(copies)):
            copy["sha256"] = files.copy_new(copy["source"], copy["temporary"], 0o600)
        for folder in {os.path.dirname(copy["target"]) for copy in copies}:
            files.sync_folder(folder)
        run.add("staged", copies=copies)
        _fill(system, run, target, contents, say)
        target.execute("COMMIT")
        system.committed(target, run)
    for copy in copies:
        files.publish(copy["temporary"], copy["target"])
    for folder in {os.path.dirname(path) for path in (system.database.path, *(c["target"] for c in copies))}:
        files.sync_folder(folder)
    run.add("applied")


def _fill(system: System, run: Run, target: Connection, contents: Contents, say: Say) -> None:
    """All rows are in, and the journal has what is needed to take out just these, whatever others do later."""
    found = tables.tables(target)
    tables.watch(target, found)
    system.fill(target, run, say)
    same = {name: contents[name] for name in tables.untouched(target, found)}
    after = database.contents(target, same)
    run.keep(WRITTEN, (packed(row) + b"\n" for row in tables.inserted(target, found)))
    run.add("committing", contents=after, entangled=tables.entangled(target, found, contents, after))


def verify(system: System, report: Report, say: Say) -> None:
    """Whether the target still holds what the runs that stand put there."""
    runs = way_back.standing(system)
    if not runs:
        report.message = "Nothing was migrated to this target, so there is nothing to verify."
        return
    system.guard()
    with say.step("verify"):
        wrong = list(verification.wrong_with(system, runs, say))
    report.figures = system.figures
    names = f"run {runs[0].name}" if len(runs) == 1 else f"{len(runs)} runs, the last {runs[0].name},"
    report.message = f"Everything that {names} migrated is there and equal."
    if runs[0].interrupted or wrong:
        report.exit = Exit.ATTENTION
        report.notes = [Note(runs[0].name, "", "difference", what) for what in wrong]
        report.message = f"Run {runs[0].name} is {runs[0].state}; {len(wrong)} differences."
