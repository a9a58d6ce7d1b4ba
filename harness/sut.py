"""The *system under test*: one migrator, declared in a file, driven only by commands and exit statuses.

The harness looks at status, time and the tree before and after; output is kept and never parsed.  A migrator
that writes the report of ``docs/contract.md`` to ``$MIGRATION_REPORT`` is also held to what it says there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Outcome = Literal["done", "refused", "partial", "failed", "attention", "unknown"]
Verb = Literal[
    "inspect", "plan", "migrate", "dry_run", "verify", "rollback", "status", "prune", "prune_now", "purge", "purge_now", "restore",
    "store", "reconcile", "query",
]  # fmt: skip


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One migrator as its file declares it.

    `verbs` maps a verb to a command; only ``migrate`` is required, and a missing verb makes its claims *not
    offered*.  `exit` maps an outcome to exit statuses; any other status, a signal or a timeout is *unknown*.
    `keeps` are paths under the home that the migrator may own for good (its backups and journal).  `support` is
    a folder, relative to the profile's file, that the commands see read-only where they say ``{support}``.
    `facts` are conditions, named by the pack, under which the oracle is asked what this migrator has to do.
    `store` tells what "unchanged" and "restored" mean of the target store: every byte, or what it holds, for a tool
    that opens the database in place and takes back what it made there.
    `warm` are modules that commands in Python may find imported when they are run under faults by the hundred, see
    `harness.sandbox.inside.warm`; all that they keep from their import must be the same for every home and moment.
    """

    system: str
    verbs: dict[Verb, list[str]]
    exit: dict[Outcome, list[int]]
    name: str = ""
    image: str = ""
    keeps: list[str] = []
    env: dict[str, str] = {}
    timeout: float = 60.0  # seconds for one step
    support: str = ""
    facts: list[str] = []
    reports: bool = False  # writes the contract's report
    backup: Literal["", "copies"] = ""  # copies: what migrate changes is found in `keeps` as it was
    exports: Literal["", "rows"] = ""  # rows: what a rollback removes of others' work is found in `keeps`
    store: Literal["bytes", "content"] = "bytes"
    warm: list[str] = []
    write_back: bool = False  # a rollback puts others' work in the target into the legacy files first

    def outcome_of(self, status: int | None) -> Outcome:
        """Returns what an exit status means to this migrator; None (signal, timeout) is unknown."""
        return next((name for name, statuses in self.exit.items() if status in statuses), "unknown")

    def offers(self, verb: str) -> bool:
        """Tells whether there is a command for the verb; for ``reports``, ``backup``, ``exports``, ``write_back``, whether it says so."""
        kept = {
            "reports": self.reports,
            "backup": bool(self.backup),
            "exports": bool(self.exports),
            "write_back": self.write_back,
        }
        return kept.get(verb, verb in self.verbs)


class ProfileError(ValueError):
    """A profile file cannot be used; the message names the file, the place and what to do."""


def load_profile(path: Path) -> Profile:
    """Returns the profile that a TOML file declares, named after the file unless it names itself.

    Raises:
        ProfileError: the file is missing, is not TOML, or has a wrong or misspelt key.
    """
    try:
        profile = msgspec.toml.decode(path.read_bytes(), type=Profile)
    except OSError as error:
        raise ProfileError(
            f"{path}: cannot be read ({error.strerror}); name an existing profile file"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProfileError(
            f"{path}: {error}; see docs/contract.md for the keys a profile may have"
        ) from error
    if not profile.verbs.get("migrate"):
        raise ProfileError(f"{path}: verbs.migrate is missing; a profile needs at least that command")
    support = str((path.parent / profile.support).resolve()) if profile.support else ""
    return msgspec.structs.replace(profile, name=profile.name or path.stem, support=support)
