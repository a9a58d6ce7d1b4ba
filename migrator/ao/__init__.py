"""Legacy Agent Orchestrator to its successor: the project registry and every live session, into `ao.db`."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager

from migrator import database, files
from migrator.ao import plan as planning
from migrator.ao import registry, sources, target
from migrator.ao.places import Places, places
from migrator.journal import Row
from migrator.outcome import Refusal
from migrator.progress import Say
from migrator.report import Note
from migrator.system import Change, Plan


class Orchestrator:
    """One home's migration, as the lifecycle wants to see it."""

    name = "ao"
    parting = (
        "A daemon of schema 12 lists the migrated sessions, but does not itself resume or kill them; their ids, "
        "prompts and transcripts are in place for one that does. Where a project names no permissions, none are "
        "granted (the legacy tool then asked for none). Legacy files were not touched."
    )

    def __init__(self, where: Places) -> None:
        self._where = where
        self.state = where.state
        self.target = where.database
        self._marks: dict[int, str] = {}

    def nothing(self) -> str | None:
        """Why there is nothing to migrate, or None."""
        root = self._where.root
        if os.path.islink(root) and not files.inside(root, self._where.home):
            raise Refusal(
                "CONFIG_INVALID", f"{root} is a link that leaves the home; put the folder itself there."
            )
        if not os.path.isdir(root):
            return f"Nothing to migrate: there is no {root}."
        if self._where.config is None:
            return f"Nothing to migrate: {root} has no config.yaml."
        return None

    def protected(self) -> list[str]:
        """The database and its possible side files."""
        return [self.target + suffix for suffix in database.SUFFIXES]

    def guard(self) -> None:
        """Raises Refusal while the daemon, or anyone, uses the database."""
        target.guard(self._where)

    def plan(self, *, with_target: bool, say: Say) -> tuple[Plan, database.Contents]:
        """What would be done; refuses what cannot be done before reading any session."""
        if not with_target:
            return planning.make(
                self._where, registry.load(self._where), planning.Picture(), say.progress
            ), {}
        target.usable()
        target.there(self._where)
        target.guard(self._where)
        with target.copied(self._where) as connection:
            target.check(connection)
            picture, contents = target.picture(connection), database.contents(connection)
        listing = registry.load(self._where)
        self._marks = sources.marks(self._where.root)
        return planning.make(self._where, listing, picture, say.progress), contents

    def alone(self, contents: database.Contents) -> AbstractContextManager[Change]:
        """The transaction that writes everything."""
        return target.alone(self._where, contents)

    def contents(self) -> database.Contents:
        """What the database holds now; nothing when it is gone."""
        if not os.path.lexists(self.target):
            return {}
        with target.copied(self._where) as connection:
            return database.contents(connection)

    def differences(self, rows: Iterator[Row]) -> Iterator[tuple[str, str]]:
        """Rows that are missing or unequal in a private copy, and what SQLite's checks say of it."""
        with target.copied(self._where) as connection:
            yield from target.differences(connection, rows)

    def changed_meanwhile(self) -> list[Note]:
        """Session files that were written after the plan had read them."""
        now = sources.marks(self._where.root)
        return [
            Note(
                self._where.shown(path), "", "changed-meanwhile", "written during the migration; run it again"
            )
            for mark, path in now.items()
            if mark not in self._marks
        ]


def system(home: str, data_dir: str | None, environ: Mapping[str, str]) -> Orchestrator:
    """The migration of one home."""
    return Orchestrator(places(home, data_dir, environ))
