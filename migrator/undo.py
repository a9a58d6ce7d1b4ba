"""Taking a run back: first what stands in the way is found, then the run's changes are undone."""

import contextlib
import os
from collections.abc import Iterator
from typing import NamedTuple

from migrator import backup, files
from migrator.database import JUST_NOW, Contents, Database
from migrator.journal import Run


class Survey(NamedTuple):
    """Whether the run's backup is to be put back, what others changed since, and the database's digests."""

    restore: bool
    new: list[str]
    files: dict[str, str | None]


def survey(database: Database, run: Run) -> Survey:
    """What stands where the run was; changes nothing. Raises Refusal."""
    now = backup.state(database.files())
    if not run.find("backed-up"):
        return Survey(False, [], now)
    saved = {one.path: one.sha256 for one in backup.check(run)}
    if begun := run.find("rollback-begin"):  # a mix of old and new files, not to be read as a database
        strange = [path for path, sha in now.items() if sha not in {saved[path], begun["files"].get(path)}]
        return Survey(begun["restore"], [f"{path} was changed" for path in strange if begun["restore"]], now)
    copies = list(_changed_copies(run))
    if now == saved:
        return Survey(True, copies, now)
    holds = database.contents()
    before: Contents = run.find("begin")["contents"]
    after: Contents = run.find("committing").get("contents", before)
    if holds in (before, after):
        return Survey(True, copies, now)
    missing = sum(1 for _, what in database.differences(run.rows()) if what == "missing")
    if after == before or missing == run.find("applying").get(
        "rows", 0
    ):  # nothing of ours is in: others' work stays as it is
        return Survey(False, copies, now)
    return Survey(True, [*_news(after, holds), *copies], now)


def _news(before: Contents, now: Contents) -> Iterator[str]:
    for table in sorted({*before, *now}):
        had, has = before.get(table, [0, ""]), now.get(table, [0, ""])
        if had != has:
            change = f"{has[0] - had[0]:+d} rows" if has[0] != had[0] else "changed rows"
            yield f"table {table}: {change}" if table else "the schema"


def _changed_copies(run: Run) -> Iterator[str]:
    for copy in run.copies():
        try:
            if "sha256" in copy and files.digest(copy["target"]) != copy["sha256"]:
                yield f"{copy['target']} was written to"
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            yield f"{copy['target']}: {error.strerror}"


def sweep(run: Run) -> None:
    """No half-made copy of the run is left."""
    for copy in run.copies():
        files.remove(copy["temporary"])


def take_back(database: Database, run: Run, found: Survey) -> None:
    """What the run changed is as it was, as far as `found` allows. May be repeated. Raises OSError, Refusal."""
    if backup.state(database.files()) != found.files:
        raise database.in_use(JUST_NOW)
    run.free_reserve()
    run.add("rollback-begin", files=found.files, restore=found.restore)
    sweep(run)
    for copy in run.copies():
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, files.NotRegularError):
            if files.digest(copy["target"]) == copy.get("sha256"):
                files.remove(copy["target"])
    for folder in sorted({os.path.dirname(copy["target"]) for copy in run.copies()}):
        if os.path.isdir(folder):
            files.sync_folder(folder)
    if found.restore:
        backup.restore(run, backup.check(run))
    applying = run.find("applying")
    for folder in reversed(applying.get("folders", [])):
        with contextlib.suppress(OSError):  # not empty: somebody uses it now
            os.rmdir(folder)
            files.sync_folder(os.path.dirname(folder))
    for folder, mtime in applying.get("times", {}).items():
        with contextlib.suppress(OSError):
            os.utime(folder, ns=(mtime, mtime))
    run.add("rolled-back")
