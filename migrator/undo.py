"""Taking a run back: first what stands in the way is found, then the run's changes are undone."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from migrator import backup, files
from migrator.database import Contents
from migrator.journal import Run
from migrator.system import System


@dataclass(frozen=True, slots=True)
class Survey:
    """What a run left: whether its transaction is in, whether its files may be put back, what is new since."""

    committed: bool
    restore: bool
    new: tuple[str, ...] = ()


def survey(target: System, run: Run) -> Survey:
    """What stands where the run was; changes nothing. Raises Refusal."""
    if run.find("backed-up") is None:
        return Survey(committed=False, restore=False)
    saved = backup.check(run)
    begun = run.find("rollback-begin")
    now = backup.state(target.protected())
    if begun:
        known = {one.path: {one.sha256 if one.name else None, begun["files"].get(one.path)} for one in saved}
        strange = [
            f"{path} was changed"
            for path, digest in now.items()
            if begun["restore"] and digest not in known[path]
        ]
        return Survey(committed=True, restore=begun["restore"], new=tuple(strange))
    copies = tuple(_changed(run))
    if now == {one.path: one.sha256 if one.name else None for one in saved}:
        return Survey(committed=False, restore=True, new=copies)
    return _by_contents(target, run, copies)


def _by_contents(target: System, run: Run, copies: tuple[str, ...]) -> Survey:
    holds = target.contents()
    committing = run.find("committing")
    before = _tuples((run.find("begin") or {})["contents"])
    after = _tuples(committing["contents"]) if committing else before
    if holds in (before, after):
        return Survey(committed=holds == after, restore=True, new=copies)
    if not committing or not _any_row(target, run):
        return Survey(committed=False, restore=False, new=copies)
    return Survey(committed=True, restore=True, new=(*_news(after, holds), *copies))


def _tuples(contents: dict[str, Any]) -> Contents:
    return {table: (count, digest) for table, (count, digest) in contents.items()}


def _any_row(target: System, run: Run) -> bool:
    total = sum(1 for _ in run.rows())
    missing = sum(1 for _, what in target.differences(run.rows()) if what == "missing")
    return missing < total


def _news(before: Contents, now: Contents) -> Iterator[str]:
    for table in sorted({*before, *now}):
        had, has = before.get(table, (0, "")), now.get(table, (0, ""))
        if had != has:
            more = has[0] - had[0]
            change = f"{more:+d} rows" if more else "changed rows"
            yield f"table {table}: {change}" if table else "the schema"


def _changed(run: Run) -> Iterator[str]:
    """Copies that are no longer what was copied."""
    for copy in _copies(run):
        try:
            if "sha256" in copy and files.digest(copy["target"]) != copy["sha256"]:
                yield f"{copy['target']} was written to"
        except FileNotFoundError:
            continue
        except OSError as error:
            yield f"{copy['target']}: {error.strerror}"


def _copies(run: Run) -> list[dict[str, str]]:
    event = run.find("staged") or run.find("applying") or {}
    copies: list[dict[str, str]] = event.get("copies", [])
    return copies


def sweep(run: Run) -> None:
    """No half-made copy of the run is left."""
    for copy in _copies(run):
        with contextlib.suppress(NotADirectoryError):
            files.remove(copy["temporary"])


def take_back(target: System, run: Run, found: Survey) -> None:
    """What the run changed is as it was, as far as `found` allows. Raises OSError; may be repeated."""
    run.free_reserve()
    run.add("rollback-begin", files=backup.state(target.protected()), restore=found.restore)
    sweep(run)
    for copy in _copies(run):
        if "sha256" in copy:
            with contextlib.suppress(FileNotFoundError):
                if files.digest(copy["target"]) == copy["sha256"]:
                    os.unlink(copy["target"])
    for folder in sorted({os.path.dirname(copy["target"]) for copy in _copies(run)}):
        if os.path.isdir(folder):
            files.sync_folder(folder)
    if found.restore:
        backup.restore(run, backup.check(run))
    _tidy(run.find("applying") or {})
    run.add("rolled-back")


def _tidy(applying: dict[str, Any]) -> None:
    """Folders that the run made are gone where empty; the others show their old times."""
    for folder in reversed(applying.get("folders", [])):
        with contextlib.suppress(OSError):  # not empty: somebody uses it now
            os.rmdir(folder)
            files.sync_folder(os.path.dirname(folder))
    for folder, mtime in applying.get("times", {}).items():
        with contextlib.suppress(OSError):
            os.utime(folder, ns=(mtime, mtime))
