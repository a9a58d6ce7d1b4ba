"""The one right result of ``migrate`` on a home."""

from __future__ import annotations

from collections.abc import Sequence

from harness.expectation import Expectation, Fate
from harness.home import Home, digest_of
from harness.sqlite_copy import files_of
from harness.systems.ait42.oracle import schema
from harness.systems.ait42.oracle.database import PLACE
from harness.systems.ait42.oracle.layout import (
    LEGACY,
    MAPPING,
    SessionFile,
    legacy_root,
    other_fates,
    readable_sessions,
    session_files,
)
from harness.systems.ait42.oracle.merging import merged, settle_files
from harness.systems.ait42.oracle.settling import Target
from harness.systems.ait42.oracle.target_state import state_of
from harness.systems.ait42.oracle.workspaces import (
    NOTHING_SAID,
    Words,
    mapping_notes,
    mapping_with,
    read_mapping,
    workspace_of,
)


def expect(
    home: Home, *, locked: bool = False, strict: bool = False, words: Words = NOTHING_SAID
) -> Expectation:
    """Returns the state that a right migration of the home must leave, and the fate of each legacy record.

    Nobody answers a question.  What a home cannot show is said by the caller: `locked`, that something holds the
    database; `strict`, that a session without a workspace is a reason to refuse; `words`, what options name workspaces.
    """
    target = state_of(home)
    root = legacy_root(home)
    if root is None:
        leaves = _leaves_home(home)
        return Expectation(refusals=frozenset({"CONFIG_INVALID"} if leaves else ()), tables=target.tables)
    others = tuple(other_fates(home, root))
    folder = readable_sessions(home, root)
    if folder is None:
        return Expectation(tables=target.tables, fates=others)
    refusals = target.refusals | ({"DB_LOCKED"} if locked else set())
    if refusals:
        return Expectation(refusals=refusals, tables=target.tables)
    found = list(session_files(home, folder))
    fates = [*others, *(item for item in found if isinstance(item, Fate))]
    files = {item.hash: item for item in found if isinstance(item, SessionFile)}
    sessions, lost = settle_files(session for file in files.values() for session in merged(file))
    mapping = read_mapping(home, root) or {}
    workspaces = {name: workspace_of(home, file, mapping, words) for name, file in files.items()}
    if strict and any(workspaces[session.hash] is None for session in sessions):
        return Expectation(refusals=frozenset({"WORKSPACE_UNKNOWN"}), tables=target.tables)
    rows = Target.of(target.tables)
    fates += [*lost, *(rows.settle(session, workspaces[session.hash]) for session in sessions)]
    stored = {session.hash: True for session in sessions}
    kept = mapping_with(home, root, (files[name] for name in stored), words)
    steps = {str(number): {"version": number, "name": name} for number, name in schema.STEPS.items()}
    return Expectation(
        tables={**target.tables, **rows.tables(), "schema_version": steps},
        files={} if kept is None else {f"{root}/{MAPPING}": digest_of(kept)},
        writable=files_of(home, PLACE) | ({f"{root}/{MAPPING}"} if kept is not None else set()),
        returns=frozenset({f"{folder}/"}),
        purgeable=frozenset(f"{folder}/{name}.json" for name in files if _all_there(files[name], fates)),
        fates=tuple(fates),
        notes=frozenset(
            rows.notes | set(mapping_notes(home, root, dict.fromkeys(files, False) | stored, words.accepted))
        ),
    )


def _all_there(file: SessionFile, fates: Sequence[Fate]) -> bool:
    """Tells whether the target has every session of a file, and the file none that was set aside."""
    own = [fate for fate in fates if fate.source.startswith(f"{file.source}#")]
    held = {fate.id for fate in fates if fate.kind == "session" and fate.disposition == "present"}
    return all(fate.id in held and fate.disposition in {"present", "skipped"} for fate in own)


def _leaves_home(home: Home) -> bool:
    entry = home.get(LEGACY)
    return (
        entry is not None
        and entry.kind == "link"
        and home.relative(home.resolve(f"{home.root}/{LEGACY}")) is None
    )
