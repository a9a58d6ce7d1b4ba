"""A database that did not exist before: built in the run's own folder, proved there, and only then given its name.

Such a run is taken back by moving the database aside, never by deleting it, and the runs that followed it go with it;
what others put into it since is exported first, and goes into the legacy files. Which rows those are, a second build
from the backups tells.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any

from migrator import backup, files, journal, room, tables
from migrator.database import JUST_NOW
from migrator.export import Export
from migrator.journal import Run
from migrator.outcome import Refusal, undone
from migrator.progress import Say
from migrator.system import Builder, Note, Plan, Returned, packed

BUILT, AGAIN, ASIDE, FATES, STAGED = "built.db", "again.db", "aside", "fates.jsonl", "returned"
SIDES = ("", "-wal", "-shm", "-journal")


def steps(system: Builder, run: Run, now: datetime, say: Say) -> Plan:
    """The database is there with everything in it, or the home is as it was. Raises Failure, Attention, Refusal."""
    try:
        run.begin(system.database.path, now, built=True, contents={})
        path = os.path.join(run.folder, BUILT)
        with say.step("build"):
            saved = backup.take(run, system.database.files(), now, say.tick)
            plan = system.build(run, path, now, say.progress)
            folder = os.path.dirname(system.database.path)
            facts: dict[str, Any] = {
                "copies": [],
                "folders": [],
                "times": {folder: os.stat(folder).st_mtime_ns},
            }
            backup.explain(run, saved, facts, now)
            run.add("backed-up")
        with say.step("verify"):
            _prove(system, run, path, say)
        with say.step("publish"):
            _publish(system, run, path, facts, plan)
        run.add("done", at=now.isoformat())
    except Refusal:
        run.discard()
        raise
    except BaseException as error:
        if not run.find("applying"):
            run.discard()
            raise
        try:
            take_back(system, run, now)
        except Exception as second:  # noqa: BLE001 - whatever it is, a person must hear of both
            raise undone(error, second) from error
        raise undone(error) from error
    return plan


def _prove(system: Builder, run: Run, path: str, say: Say) -> None:
    if wrong := list(system.proved(run, path, say.progress)):
        raise OSError(f"verification found {len(wrong)} differences, first: {wrong[0]}")


def _publish(system: Builder, run: Run, path: str, facts: dict[str, Any], plan: Plan) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL").fetchall()
    files.force(path)
    target = system.database.path
    temporary = f"{target}.migrator-{run.name}"
    run.add("applying", sha256=files.digest(path), temporary=temporary, **facts)
    files.move_new(path, temporary, target)
    system.settle(run)
    fates = chain((("record", *one) for one in plan.records), (("note", *one) for one in plan.notes))
    run.keep(FATES, (packed(one) + b"\n" for one in fates))
    run.add("applied")


def untouched(system: Builder, run: Run) -> bool:
    """Whether the database is just as the run made it."""
    return bool(run.find("applied")) and _ours(system, run, backup.state(system.database.files()))


def recover(system: Builder, run: Run, now: datetime) -> None:
    """An interrupted run is done if the database had its name already, else as if it had never been."""
    applying, state = run.find("applying"), run.state
    if state != "rollback-begin" and applying and _ours(system, run, backup.state(system.database.files())):
        _sweep(run)
        system.settle(run)
        run.add("done", at=now.isoformat(), recovered=True)
    else:
        take_back(system, run, now)


def _sweep(run: Run) -> None:
    """Nothing half-made is left."""
    for name in (BUILT, AGAIN):
        for side in SIDES:
            files.remove(os.path.join(run.folder, name + side))
    if temporary := run.find("applying").get("temporary"):
        files.remove(temporary)


def _ours(system: Builder, run: Run, now: dict[str, str | None]) -> bool:
    """Whether the database is there just as the run made it."""
    main, *sides = system.database.files()
    empty = all(now[side] is None or os.path.getsize(side) == 0 for side in sides)
    return now[main] == run.find("applying").get("sha256") and empty


def whole(runs: list[Run]) -> list[Run]:
    """The runs, newest first, that have to be taken back one by one; where the database was built, they go with it."""
    *later, first = runs
    apart = not first.find("begin").get("built") or any(run.interrupted for run in later)
    return runs if apart or any(run.find("pruned") for run in runs) else [first]


def take_back(system: Builder, run: Run, now: datetime) -> bool:
    """The database is aside, and what others did in it is exported; whether that was anything. May be repeated.

    Raises Refusal, OSError.
    """
    _sweep(run)
    if not run.find("applying"):
        run.add("rolled-back", at=now.isoformat())
        return False
    runs = [run, *_later(system, run)]
    for one in runs:
        backup.check(one)
        system.check_kept(one)
    begun = run.find("rollback-begin") or _begun(system, runs)
    there = backup.state(system.database.files())
    if strange := [path for path, sha in there.items() if sha not in {None, begun["files"][path]}]:
        if begun["ours"]:
            message = f"A rollback of run {run.name} was interrupted, and then {strange[0]} was changed."
            raise Refusal("NEW_DATA", f"{message} Move it away by hand, then run rollback again.")
        there = dict.fromkeys(there)
    for one in runs:
        system.bring_back(one)
    returned = [Returned(*one) for one in begun["returned"]]
    _return(returned)
    for path in [path for path, sha in there.items() if sha is not None and begun["ours"]]:
        files.move(path, os.path.join(run.folder, ASIDE))
    for one in reversed(runs):
        system.unsettle(one)
    files.remove_tree(os.path.join(run.folder, STAGED))
    for folder, mtime in run.find("applying")["times"].items():
        with contextlib.suppress(OSError):
            os.utime(folder, ns=(mtime, mtime))
    for one in reversed(runs):
        one.add("rolled-back", at=now.isoformat())
    return bool(begun["rows"] or returned)


def _later(system: Builder, run: Run) -> list[Run]:
    """The runs that have changed the database since it was built, oldest first."""
    found = journal.runs(system.state, system.database.path)
    return [one for one in found if one.name > run.name and one.state != "rolled-back"]


def _begun(system: Builder, runs: list[Run]) -> dict[str, Any]:
    """The journal says what is to be moved aside, and what was exported and staged before. Raises Refusal."""
    run, there = runs[0], backup.state(system.database.files())
    untouched = _ours(system, run, there)
    ours = there[system.database.path] is not None and (bool(run.find("applied")) or untouched)
    kept: dict[str, Any] = {"export": None, "rows": {}, "paths": {}, "returned": []}
    if ours and not untouched:
        kept |= _exported(system, runs, there)
    run.free_reserve()
    run.add("rollback-begin", files=there, restore=False, holds={}, ours=ours, **kept)
    return run.find("rollback-begin")


def _return(staged: list[Returned]) -> None:
    """Legacy files hold what others did since, but for those that somebody has written to. May be repeated."""
    for one in staged:
        temporary = one.path + backup.TEMPORARY
        files.remove(temporary)
        if one.source and backup.state([one.path])[one.path] == one.before:
            mode = os.stat(one.path).st_mode & 0o7777 if one.before else 0o600
            files.copy_new(one.source, temporary, mode)
            files.replace(temporary, one.path)


def returned(run: Run) -> Iterator[Note]:
    """What became of the legacy files that were to hold what others did since."""
    for one in map(Returned._make, run.find("rollback-begin").get("returned", [])):
        now = files.digest(one.path) if os.path.isfile(one.path) else None
        if one.source and now != one.after:
            yield Note(one.path, "", "not-written-back", "it was changed since, and was left as it is")
        elif one.source:
            yield Note(one.path, "", "written-back", "it holds what others did since")
        for name in one.left:
            yield Note(one.path, name, "not-written-back", "the file has it otherwise, and keeps it so")


def _exported(system: Builder, runs: list[Run], there: dict[str, str | None]) -> dict[str, Any]:
    """Every row that is not as the runs made it is on disk; gives the facts for the journal. Raises Refusal."""
    folder = runs[0].folder
    again = os.path.join(folder, AGAIN)
    system.build_again(runs, again)
    export = Export(runs[0], system.home, {})
    try:
        with system.database.seen() as copy:
            copy.execute("ATTACH ? AS ours", (again,))
            room.check_room([(folder, export.size(_others(copy)))])
            kept = export.write(_others(copy))
            files.remove_tree(os.path.join(folder, STAGED))
            kept["returned"] = system.give_back(copy, runs, os.path.join(folder, STAGED))
            copy.execute("DETACH ours")
        if backup.state(system.database.files()) != there:
            export.discard()
            raise system.database.in_use(JUST_NOW)
    finally:
        _sweep(runs[0])
    return kept


def _others(copy: sqlite3.Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Table and values of each row that is in the database, but not so in the second build."""
    for table in tables.tables(copy).values():
        query = f"SELECT * FROM main.{table.name}"  # noqa: S608 - a quoted name
        try:
            rows = copy.execute(f"{query} EXCEPT SELECT * FROM ours.{table.name}")  # noqa: S608 - as above
        except sqlite3.OperationalError:  # a table, or columns, that we did not make
            rows = copy.execute(query)
        names = [column[0] for column in rows.description]
        for row in rows:
            yield table.plain, dict(zip(names, row, strict=True))
