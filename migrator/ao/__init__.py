"""Legacy Agent Orchestrator to its successor: the project registry and every live session, into `ao.db`."""

import os
from collections.abc import Callable, Mapping
from sqlite3 import Connection

from migrator import files
from migrator.ao import plan as planning
from migrator.ao import registries, sources, target
from migrator.ao.gathered import Gathered
from migrator.ao.places import places
from migrator.database import Database
from migrator.outcome import Refusal
from migrator.system import Note, Plan, Planned, Record


class Orchestrator(Planned):
    """One home's migration, as the lifecycle wants to see it."""

    name = "ao"
    parting = (
        "A daemon of schema 12 lists the migrated sessions, but does not itself resume or kill them; their ids, "
        "prompts and transcripts are in place for one that does. Where a project names no permissions, none are "
        "granted (the legacy tool then asked for none). Legacy files were not touched."
    )

    def __init__(self, home: str, data_dir: str | None, environ: Mapping[str, str]) -> None:
        super().__init__()
        self._where = where = places(home, data_dir, environ)
        self.home, self.state = where.home, where.state
        self.database = Database(where.database, [where.home, where.data])
        self._gathered = Gathered()

    def nothing(self) -> str | None:
        """Why there is nothing to migrate, or None."""
        root = self._where.root
        folder = os.path.isdir(root)
        if os.path.islink(root) and not (folder and files.inside(root, self._where.home)):
            message = f"{root} is a link that leads to no folder of the home; put the folder itself there."
            raise Refusal("CONFIG_INVALID", message)
        if not folder:
            return f"Nothing to migrate: there is no {root}."
        if not os.access(root, os.R_OK | os.X_OK):
            message = f"{root} may not be read by this user; give yourself access (chmod u+rx) and run again."
            raise Refusal("NO_ACCESS", message)
        if registries.paths(self._where):
            return None
        return f"Nothing to migrate: {root} has no config.yaml, and there is no registry of older releases."

    def leftovers(self) -> list[Record]:
        """Every entry of the legacy tree, by name; without a registry no file of it is opened."""
        shown, fate = self._where.shown, ("skipped", "not-migrated")
        return [
            Record(planning.kind_of(found), shown(found.path), found.id, *fate)
            for found in sources.find(self._where.root, None)
        ]

    def ready(self) -> None:
        """Raises Refusal when the database cannot be migrated to, as far as can be told from outside."""
        target.there(self._where)
        self.guard()

    def guard(self) -> None:
        """Raises Refusal while the daemon, or anyone, uses the database."""
        target.no_daemon(self._where.run_file)
        self.database.free()

    def plan(self, target_copy: Connection | None, progress: Callable[[int], None]) -> Plan:
        """What would be done; refuses a target that is not sound or not of schema 12."""
        picture = target.picture(target_copy) if target_copy else planning.Picture()
        self._gathered = Gathered()
        plan = planning.make(self._where, picture, self._gathered, progress)
        if not plan.idle and files.inside(self.state, self._where.root):
            message = f"The backup is to lie in {self.state}, inside the legacy {self._where.root}, where nothing is written."
            raise Refusal("NO_ACCESS", message)
        return plan

    def changed_meanwhile(self) -> list[Note]:
        """Session files that were written, added or taken away after the plan had read them."""
        what = "changed-meanwhile", "written during the migration; run it again"
        shown = self._where.shown
        now = (shown(found.path) for found in sources.find(self._where.root, None) if found.kind == "session")
        read = (
            (s, files.stamp(os.path.join(self._where.home, s)) != was) for s, was in self._gathered.stamps()
        )
        changed = [source for source, is_other in read if is_other]
        added = (source for source in now if not self._gathered.stamped(source))
        return [Note(source, "", *what) for source in (*changed, *added)]


system = Orchestrator
