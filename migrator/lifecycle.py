"""The one course of every migration, whatever the system.

inspect and plan -> preflight -> backup -> apply -> verify -> done; rollback; status; and, after a crash, the
way on from wherever the journal stops. Nothing outside our own state folder changes before the stage
`applying` is on disk, and no copied file gets its final name before the database transaction is committed.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from migrator import backup, files
from migrator.database import Contents
from migrator.journal import Run, Store
from migrator.outcome import Attention, Exit, Failure, Refusal
from migrator.progress import Say
from migrator.report import Note, Report
from migrator.system import Plan, System
from migrator.undo import Survey, survey, sweep, take_back

SLACK = 1 << 20


Clock = Callable[[], datetime]


def inspect(system: System, say: Say) -> Report:
    """What the legacy home holds; the target is not looked at."""
    if why := system.nothing():
        return Report(system.name, "inspect", message=why)
    with say.step("inspect"):
        plan, _ = system.plan(with_target=False, say=say)
    report = Report(system.name, "inspect", records=plan.records, notes=plan.notes)
    report.message = f"Found {len(plan.records)} records in the legacy home; nothing was changed."
    return report


def migrate(system: System, store: Store, *, dry_run: bool, clock: Clock, say: Say) -> Report:
    """The target holds every record that can be migrated, or is exactly as it was."""
    report = Report(system.name, "migrate", dry_run=dry_run)
    if why := system.nothing():
        report.message = why
        return report
    unfinished = next((run for run in reversed(store.runs()) if run.interrupted), None)
    if unfinished and not dry_run:
        _recover(system, store, say)
        report.changed = True
    with say.step("plan"):
        plan, contents = system.plan(with_target=True, say=say)
    report.records, report.notes = plan.records, plan.notes
    if report.counts()["set_aside"]:
        report.exit = Exit.PARTIAL
    if not plan.rows and not plan.copies:
        report.message = "Everything that can be migrated is already there; nothing was changed."
        return report
    _check_space(system, plan)
    if dry_run:
        report.message = "Dry run: this is what would be done; nothing was changed." + (
            " An earlier run was interrupted; the real run settles that first." if unfinished else ""
        )
        return report
    _carry_out(system, store, plan, contents, clock=clock, say=say, report=report)
    return report


def _recover(system: System, store: Store, say: Say) -> None:
    """Interrupted runs are taken back; one that others have built on since is kept as it is."""
    with say.step("recover"), _exclusively(store):
        for run in reversed([run for run in store.runs() if run.interrupted]):
            system.guard()
            found = survey(system, run)
            if not found.new:
                take_back(system, run, found)
            elif run.state == "rollback-begin":
                raise Refusal("NEW_DATA", _new_data(run, found))
            else:
                sweep(run)
                run.add("done", recovered=True)


@contextmanager
def _exclusively(store: Store) -> Iterator[None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(files.held(store.folder))
        except BlockingIOError as error:
            raise Refusal(
                "DB_LOCKED", "Another migrator is at work on this home; wait until it has ended."
            ) from error
        yield


def _check_space(system: System, plan: Plan) -> None:
    rows = sum(len(str(values)) for _, _, values in plan.rows)
    size = sum(os.path.getsize(path) for path in system.protected() if os.path.exists(path))
    needs: dict[int, tuple[str, int]] = {}
    wanted = [(system.state, size + rows), (os.path.dirname(system.target), size + 4 * rows)]
    for path, count in wanted + [(copy.target, copy.size) for copy in plan.copies]:
        folder = files.existing(path)
        device = os.stat(folder).st_dev
        needs[device] = (folder, needs.get(device, ("", SLACK))[1] + count)
    for folder, need in needs.values():
        free = os.statvfs(folder)
        if free.f_bavail * free.f_frsize < need:
            raise Refusal(
                "NO_SPACE", f"The disk that holds {folder} needs {need // SLACK + 1} MiB free; make room."
            )


def _carry_out(
    system: System, store: Store, plan: Plan, contents: Contents, *, clock: Clock, say: Say, report: Report
) -> None:
    made = files.missing_folders(store.folder)
    times = {folder: os.stat(folder).st_mtime_ns for folder in [files.existing(store.folder)]}
    files.make_folders(store.folder, 0o700)
    with _exclusively(store):
        run = store.new(clock())
        try:
            _steps(system, run, plan, contents, clock=clock, say=say)
        except Attention:
            raise
        except BaseException as error:
            if run.find("applying") and not isinstance(error, Refusal):
                raise _undone(system, run, error) from error
            store.discard(run, made)
            for folder, mtime in times.items():
                os.utime(folder, ns=(mtime, mtime))
            raise
    report.notes += system.changed_meanwhile()
    report.backup = backup.folder(run)
    report.changed = True
    aside = report.exit == Exit.PARTIAL
    report.message = f"Migrated{', with some records set aside' if aside else ''}. {system.parting}"


def _steps(system: System, run: Run, plan: Plan, contents: Contents, *, clock: Clock, say: Say) -> None:
    with say.step("backup"):
        run.begin(system.target, clock(), contents=contents)
        backup.take(run, system.protected(), clock())
        run.add("backed-up")
    _apply(system, run, plan, contents, say)
    _verify(system, run, say)
    run.add("done", at=clock().isoformat())


def _undone(system: System, run: Run, error: BaseException) -> Exception:
    """The run is taken back; the error that says so, or that it could not be done."""
    why = "it was interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
    try:
        found = survey(system, run)
        if found.new:
            return Attention(
                f"The migration failed ({why}), and meanwhile others changed {'; '.join(found.new)}."
            )
        take_back(system, run, found)
    except Exception as second:  # noqa: BLE001 - whatever it is, a person must hear of both
        return Attention(
            f"The migration failed ({why}) and could not be taken back ({second}). Run rollback again."
        )
    return Failure(f"The migration failed and everything is back as it was: {why}.")


def _apply(system: System, run: Run, plan: Plan, contents: Contents, say: Say) -> None:
    run.keep_rows(plan.rows)
    copies = [
        {"source": copy.source, "target": copy.target, "temporary": f"{copy.target}.migrator-{run.name}"}
        for copy in plan.copies
    ]
    folders, times = _folders(system, plan)
    run.add("applying", rows=len(plan.rows), copies=copies, folders=folders, times=times)
    with say.step("apply"):
        with system.alone(contents) as change:
            _stage(copies, folders, say)
            run.add("staged", copies=copies)
            change.insert(plan.rows)
            run.add("committing", contents=change.contents())
            change.commit()
        for copy in copies:
            files.publish(copy["temporary"], copy["target"])
        for folder in {os.path.dirname(copy["target"]) for copy in copies} | {os.path.dirname(system.target)}:
            files.sync_folder(folder)
        run.add("applied", files=backup.state(system.protected()))


def _folders(system: System, plan: Plan) -> tuple[list[str], dict[str, int]]:
    """The folders to be made, outermost first, and the times of those whose list of names will change."""
    folders: dict[str, None] = {}
    touched = {os.path.dirname(system.target)}
    for copy in plan.copies:
        parent = os.path.dirname(copy.target)
        folders.update(dict.fromkeys(files.missing_folders(parent)))
        touched.add(files.existing(parent))
    return list(folders), {path: os.stat(path).st_mtime_ns for path in sorted(touched)}


def _stage(copies: list[dict[str, str]], folders: list[str], say: Say) -> None:
    """Every copy is complete on disk under its temporary name; `sha256` is noted beside it."""
    for folder in folders:
        files.make_folders(folder, 0o750)
    for number, copy in enumerate(copies):
        copy["sha256"] = files.copy_new(copy["source"], copy["temporary"], 0o600)
        say.progress(number, len(copies))
    for folder in {os.path.dirname(copy["target"]) for copy in copies}:
        files.sync_folder(folder)


def _verify(system: System, run: Run, say: Say) -> None:
    try:
        with say.step("verify"):
            wrong = list(_wrong(system, run))
    except Refusal as refusal:
        raise Attention(f"Migrated, but not verified: {refusal} Then run verify.") from refusal
    if wrong:
        raise OSError(f"verification found {len(wrong)} differences, first: {wrong[0]}")


def _wrong(system: System, run: Run) -> Iterator[str]:
    for name, what in system.differences(run.rows()):
        yield f"{name}: {what}"
    for copy in (run.find("staged") or {}).get("copies", []):
        try:
            if files.digest(copy["target"]) != copy["sha256"]:
                yield f"{copy['target']}: differs from the copy that was made"
        except OSError as error:
            yield f"{copy['target']}: {error.strerror}"


def verify(system: System, store: Store, say: Say) -> Report:
    """Whether the target still holds what the last run put there."""
    report = Report(system.name, "verify")
    run = next((run for run in reversed(store.runs()) if run.stands), None)
    if not run:
        report.message = "Nothing was migrated to this target, so there is nothing to verify."
        return report
    system.guard()
    with say.step("verify"):
        wrong = list(_wrong(system, run))
    if run.interrupted or wrong:
        report.exit = Exit.ATTENTION
        report.notes = [Note(run.name, "", "difference", what) for what in wrong]
        report.message = f"Run {run.name} is {run.state}; {len(wrong)} differences." + "".join(
            f"\n  {w}" for w in wrong[:20]
        )
    else:
        report.message = f"Everything that run {run.name} migrated is there and equal."
    return report


def rollback(system: System, store: Store, say: Say) -> Report:
    """Everything that runs changed is as it was before them, newest run first; or nothing was changed."""
    report = Report(system.name, "rollback")
    runs = [run for run in store.runs() if run.stands]
    if not runs:
        report.message = "Nothing was migrated to this target, or it was rolled back already; nothing to do."
        return report
    with say.step("rollback"), _exclusively(store):
        for run in reversed(runs):
            system.guard()
            found = survey(system, run)
            if found.new and report.changed:
                report.message = f"Taken back; the earlier run {run.name} stays, since others built on it: "
                report.message += "; ".join(found.new) + "."
                return report
            if found.new:
                raise Refusal("NEW_DATA", _new_data(run, found))
            take_back(system, run, found)
            report.changed = True
            report.backup = backup.folder(run)
    report.message = "Rolled back: everything is as it was before the migration. The backup is kept."
    return report


def _new_data(run: Run, found: Survey) -> str:
    return f"Since run {run.name} there is new data, which a rollback would lose: {'; '.join(found.new)}."


def status(system: System, store: Store) -> Report:
    """What the journal says; nothing else is looked at."""
    report = Report(system.name, "status")
    runs = store.runs()
    if not runs:
        report.message = "Nothing was migrated to this target yet."
        return report
    last = runs[-1]
    report.backup = backup.folder(last)
    report.message = f"Run {last.name} is {last.state}."
    if last.interrupted:
        report.message = (
            f"Run {last.name} was interrupted at '{last.state}'; run migrate or rollback to settle it."
        )
        try:
            with files.held(store.folder):
                pass
        except BlockingIOError:
            report.message = f"Run {last.name} is at work now, at '{last.state}'."
    return report
