"""Why a migration must not begin, apart from the database's own state."""

from __future__ import annotations

from harness.home import Home
from harness.systems.ao.oracle.javascript import NotJsonError, parse_json
from harness.systems.ao.oracle.registries import LEGACY
from harness.systems.ao.oracle.tree import Tree

_DATA_DIR = ".ao/data"
_RUN_FILE = ".ao/running.json"
_STATE = ".local/state/migrator/ao"


def unusable_root(tree: Tree) -> frozenset[str]:
    """Returns why the legacy folder itself cannot be looked into; empty where it can, or where there is none."""
    entry = tree.home.get(LEGACY)
    place = tree.directory(f"{tree.home.root}/{LEGACY}")
    if entry is not None and entry.kind == "link" and place is None:
        return frozenset({"CONFIG_INVALID"})
    return frozenset() if place is None or tree.may_list(place) else frozenset({"NO_ACCESS"})


def no_place_for_backup(tree: Tree) -> bool:
    """Tells whether the folder of backups, in the XDG state folder, cannot be written, or lies in the legacy tree."""
    if _lies_in(tree.home, _STATE, LEGACY):
        return True
    place = tree.home.relative(tree.home.resolve(f"{tree.home.root}/{_STATE}"))
    return place is not None and not tree.may_write(place)


def surroundings(tree: Tree, *, alive: bool, locked: bool) -> set[str]:
    """Returns the codes that the home's surroundings demand: a daemon, a lock, a data directory astray."""
    codes = set()
    if alive and _run_file_names_a_process(tree):
        codes.add("DAEMON_RUNNING")
    if locked:
        codes.add("DB_LOCKED")
    if _lies_in(tree.home, _DATA_DIR, LEGACY):
        codes.add("DATA_DIR_SUSPECT")
    return codes


def _run_file_names_a_process(tree: Tree) -> bool:
    text = tree.text_at(f"{tree.home.root}/{_RUN_FILE}")
    try:
        value = None if text is None else parse_json(text)
    except NotJsonError:
        return False
    pid = value.get("pid") if isinstance(value, dict) else None
    return isinstance(pid, int) and not isinstance(pid, bool) and pid > 0


def _lies_in(home: Home, inner: str, outer: str) -> bool:
    place, folder = home.resolve(f"{home.root}/{inner}"), home.resolve(f"{home.root}/{outer}")
    return place == folder or place.startswith(folder + "/")
