"""Taking a run back: the backup is put back where nothing else happened since; else what the run added is taken out.

What others did since stays, or is exported before it goes.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from sqlite3 import Connection, DatabaseError
from typing import Any, NamedTuple

from migrator import backup, files, room
from migrator.database import JUST_NOW, Contents, Database, contents
from migrator.export import Export
from migrator.journal import Run
from migrator.outcome import Attention, Refusal
from migrator.removal import Removing

Make = Callable[[Connection, Run], Removing]


class Survey(NamedTuple):
    """What stands where the run was.

    `restore`: the backup is to be put back. `news`: what others changed in a database that holds the run's rows.
    `written`: the run's copies that were written to since and are in no export yet, with their digests. `files`:
    the digests of the database's files. `holds`: what the database holds, where that had to be known.
    """

    restore: bool
    news: list[str]
    written: dict[str, str]
    files: dict[str, str | None]
    holds: Contents

    @property
    def others(self) -> list[str]:
        """Everything that putting the backup back would lose."""
        return [*self.news, *(f"{path} was written to" for path in self.written)]


def survey(database: Database, run: Run, make: Make) -> Survey:
    """What stands where the run was; changes nothing. Raises Refusal."""
    now = backup.state(database.files())
    if not run.find("backed-up"):
        return Survey(False, [], {}, now, {})
    saved = {one.path: one.sha256 for one in backup.check(run)}
    written = dict(_written_to(run))
    begun = run.find("rollback-begin")
    if begun.get("restore"):  # a mix of old and new files, not to be read as a database
        strange = [path for path, sha in now.items() if sha not in {saved[path], begun["files"].get(path)}]
        if strange:
            message = f"A rollback of run {run.name} was interrupted, and then {strange[0]} was changed."
            raise Refusal("NEW_DATA", f"{message} Follow {run.backup}/RESTORE.txt by hand.")
        return Survey(True, [], written, now, {})
    if now == saved:
        return Survey(True, [], written, now, {})
    with database.seen() as copy:
        holds = contents(copy)
        before: Contents = run.find("begin")["contents"]
        after: Contents = run.find("committing").get("contents", before)
        if holds in (before, after):
            return Survey(True, [], written, now, holds)
        inside = after != before and _committed(make(copy, run), run)
    return Survey(False, list(_news(after, holds)) if inside else [], written, now, holds)


def _committed(removal: Removing, run: Run) -> bool:
    """Whether the run's rows went in; after a crash at that very moment the rows themselves must tell."""
    if run.find("applied"):
        return True
    if removal.present and not removal.unchanged:
        message = "The migration was interrupted, and its rows cannot be told from others' rows."
        raise Refusal("NEW_DATA", message)
    return removal.present > 0


def _news(before: Contents, now: Contents) -> Iterator[str]:
    for table in sorted({*before, *now}):
        had, has = before.get(table, [0, ""]), now.get(table, [0, ""])
        if had != has:
            change = f"{has[0] - had[0]:+d} rows" if has[0] != had[0] else "changed rows"
            yield f"table {table}: {change}" if table else "the schema"


def _written_to(run: Run) -> Iterator[tuple[str, str]]:
    for copy in run.copies():
        path = copy["target"]
        try:
            if (now := files.digest(path)) not in _ours(run, copy) and _published(copy):
                yield path, now
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise Refusal("NEW_DATA", f"{path} was replaced or cannot be read: {error.strerror}.") from error


def _published(copy: dict[str, str]) -> bool:
    """Whether the file under the copy's final name can be the copy, written to since or not."""
    return "sha256" in copy and not os.path.lexists(copy["temporary"])


def _ours(run: Run, copy: dict[str, str]) -> set[str | None]:
    """The digests with which a copy may be removed: as it was made, and as it was exported."""
    return {copy.get("sha256"), *(event["paths"].get(copy["target"]) for event in run.exports())}


def sweep(run: Run) -> None:
    """No half-made copy of the run is left, and no empty log of a rollback that came to open the database only."""
    for copy in run.copies():
        files.remove(copy["temporary"])
    opened = run.find("rollback-opening") if run.state == "rollback-opening" else {}
    for path in [path for path, sha in opened.get("files", {}).items() if sha is None]:
        if os.path.lexists(path) and os.path.getsize(path) == 0:
            files.remove(path)
            files.sync_folder(os.path.dirname(path))


def take_back(
    database: Database,
    home: str,
    run: Run,
    found: Survey,
    now: datetime,
    *,
    make: Make,
    also: Callable[[], None],
) -> None:
    """What the run changed is as it was, as far as `found` allows. May be repeated. Raises OSError, Refusal."""
    if backup.state(database.files()) != found.files:
        raise database.in_use(JUST_NOW)
    _check_access(database, run, rows=bool(found.news))
    export = Export(run, home, found.written)
    if found.news:
        _take_out(database, run, found, export, make)
    else:
        room.check_room([(run.folder, export.size(()))])
        whole = _folded(database, found)
        kept = export.write(())
        run.free_reserve()
        run.add("rollback-begin", files=whole, restore=found.restore, holds=found.holds, **kept)
    _remove_copies(run)
    if found.restore:
        backup.restore(run, backup.check(run))
    also()
    applying = run.find("applying")
    for folder in reversed(applying.get("folders", [])):
        files.remove_folder(folder)
    for folder, mtime in applying.get("times", {}).items():
        with contextlib.suppress(OSError):
            os.utime(folder, ns=(mtime, mtime))
    run.add("rolled-back", at=now.isoformat())


def _folded(database: Database, found: Survey) -> dict[str, str | None]:
    """The digests of the database's files, once it is whole without the log that a program left when it was killed.

    It is put back file by file: without its log, and before it is replaced, it would be corrupt. Raises Refusal.
    """
    if found.restore and found.holds and any(found.files[path] for path in database.files()[1:]):
        with contextlib.suppress(DatabaseError), database.alone(found.holds, enforced=False):
            pass
        files.sync_folder(os.path.dirname(database.path))  # or the log would be back after a loss of power
        return backup.state(database.files())
    return found.files


def _check_access(database: Database, run: Run, *, rows: bool) -> None:
    """This user may write where the run wrote: in folders, and for `rows` in the database. Raises Refusal."""
    folders = {os.path.dirname(path) for path in (database.path, *(one["target"] for one in run.copies()))}
    closed = [
        path for path in sorted(folders) if os.path.isdir(path) and not os.access(path, os.W_OK | os.X_OK)
    ]
    if rows and not os.access(database.path, os.R_OK | os.W_OK):
        closed.append(database.path)
    if closed:
        message = f"{closed[0]} may not be written by this user; give yourself access and run again."
        raise Refusal("NO_ACCESS", message)


def _take_out(database: Database, run: Run, found: Survey, export: Export, make: Make) -> None:
    """The run's rows and what hangs from them are exported, as far as others made it, and out of the database."""
    with database.seen() as copy:
        if contents(copy) != found.holds:
            raise database.in_use(JUST_NOW)
        removal = make(copy, run)
        removal.admit(found.holds)
        removal.try_out()
        size = os.path.getsize(database.path)
        room.check_room([(run.folder, export.size(removal.lost())), (os.path.dirname(database.path), size)])
        kept = _kept_already(run, found) or export.write(removal.lost())
        run.free_reserve()
    run.add("rollback-opening", files=found.files)
    try:
        with database.alone(found.holds, enforced=False) as target:
            removal = make(target, run)
            run.add("rollback-begin", files=found.files, restore=False, holds=found.holds, **kept)
            removal.perform()
            target.execute("COMMIT")
    except Refusal:
        if kept["export"] not in {event["export"] for event in run.exports()}:
            export.discard()
        if run.state == "rollback-opening":
            run.add("done", at=run.find("done")["at"])
        raise


def _kept_already(run: Run, found: Survey) -> dict[str, Any]:
    """The facts of an export that holds just what has to be kept: an interrupted rollback made it."""
    begun = run.find("rollback-begin")
    same = begun.get("holds") == found.holds and not found.written
    return {name: begun[name] for name in ("export", "rows", "paths")} if same else {}


def _remove_copies(run: Run) -> None:
    for copy in run.copies():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if files.digest(copy["target"]) in _ours(run, copy):
                files.remove(copy["target"])
            elif _published(copy):
                message = f"{copy['target']} is being written to. Stop that program and run rollback again."
                raise Attention(message)
    sweep(run)
    for folder in sorted({os.path.dirname(copy["target"]) for copy in run.copies()}):
        if os.path.isdir(folder):
            files.sync_folder(folder)
