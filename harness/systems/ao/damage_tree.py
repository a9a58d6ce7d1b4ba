"""Damage to the tree of a legacy home: links, pipes, sockets, permissions, names and sizes that lie in wait."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from msgspec.structs import replace

from harness.corruption import Corruption, json_, tree
from harness.home import Home, Kind
from harness.systems.ao.model import DATA, LEGACY
from harness.systems.ao.places import (
    CONFIG,
    Apply,
    Entry,
    Record,
    entries,
    on_entry,
    on_file,
    on_live,
)

_HASH = "0a1b2c3d4e5f"
_OLD_RECORD = b"status=working\nagent=codex\ncreatedAt=2026-02-20T10:00:00.000Z\n"
_BLANK = b" " * ((16 << 20) + 1)  # a byte more than any session file may have
_NO_ACCESS = (0o000, 0o100, 0o300, 0o400)  # of a folder that cannot be looked into


def _anywhere(damage: Callable[[Home, Random], Home | None]) -> Apply:
    """Returns damage to a home that has projects, wherever they are."""
    return lambda home, random: damage(home, random) if entries(home) else None


def _sessions(damage: Callable[[Home, str, Random], Home | None]) -> Apply:
    """Returns damage to the sessions folder of a project of today's layout that holds something."""

    def on(home: Home, entry: Entry, random: Random) -> Home | None:
        folder = f"{LEGACY}/projects/{entry.id}/sessions"
        found = home.get(folder)
        there = found is not None and found.kind == "dir" and bool(home.children(folder))
        return damage(home, folder, random) if there else None

    return on_entry(on)


def _two_names(home: Home, random: Random) -> Home | None:
    second = random.choice((f"{DATA}/ao.db.bak", "code/ao.db"))
    return tree.given_second_name(home, f"{DATA}/ao.db", second)


def _stale_index(home: Home, random: Random) -> Home | None:
    place = f"{DATA}/ao.db-shm"
    if home.get(f"{DATA}/ao.db") is None or home.get(place) is not None:
        return None
    return home.with_file(place, random.randbytes(136) * 240 + bytes(128), mode=0o644)


def _moved_away(home: Home, folder: str) -> Home | None:
    """Returns the home with a folder of it moved to the user's code, and a link to it left behind."""
    place = f"code/moved-{folder.rpartition('/')[2].lstrip('.')}"
    moved = tree.moved(home, folder, place)
    return moved and moved.with_link(folder, f"{home.root}/{place}")


def _closed(home: Home, folder: str, random: Random) -> Home | None:
    entry = home.get(folder)
    mode = random.choice(_NO_ACCESS)
    return home.with_mode(folder, mode) if entry and entry.kind == "dir" and entry.mode != mode else None


def _read_only(path: str) -> Apply:
    def damage(home: Home, _: Random) -> Home | None:
        entry = home.get(path)
        if entry is None or entry.kind not in {"dir", "file"} or not entry.mode & 0o200:
            return None
        return home.with_mode(path, 0o500 if entry.kind == "dir" else 0o400)

    return _anywhere(damage)


def _home_read_only(home: Home, random: Random) -> Home | None:
    return None if home.get(".local") else _read_only(".")(home, random)


def _no_state_folder(home: Home, random: Random) -> Home | None:
    if home.get(".local"):
        return None
    if random.random() < 1 / 3:
        return home.with_kind(".local", "socket", mode=0o755)
    return home.with_kind(".local", "dir", mode=random.choice((0o500, 0o300)))


def _state_folder_in_legacy(home: Home, _: Random) -> Home | None:
    return None if home.get(".local") else home.with_link(".local", f"{home.root}/{LEGACY}")


def _at(path: str, kind: Kind) -> Apply:
    """Returns damage that puts something else in the place of a file of the root."""
    return _anywhere(lambda home, _: home.with_kind(path, kind))


def _pipes(home: Home, random: Random) -> Home | None:
    name = f"{LEGACY}/pipe-{random.randrange(100)}"
    return None if home.get(name) else home.with_kind(name, "fifo").with_kind(f"{name}.sock", "socket")


def _beside(pattern: str) -> Callable[[Home, Record, Random], Home | None]:
    """Returns damage that copies a record to another name; the pattern knows its folder, project and id."""

    def damage(home: Home, record: Record, _: Random) -> Home | None:
        project = f"{LEGACY}/projects/{record.project}"
        names = {"folder": record.folder, "project": project, "id": record.id, "up": record.id.upper()}
        return tree.copied(home, record.path, pattern.format(**names))

    return damage


def _each(*patterns: str) -> Callable[[Home, Record, Random], Home | None]:
    def damage(home: Home, record: Record, random: Random) -> Home | None:
        for pattern in patterns:
            copy = _beside(pattern)(home, record, random)
            home = copy or home
        return home

    return damage


def _converted_twin(home: Home, record: Record, _: Random) -> Home | None:
    path = f"{LEGACY}/{_HASH}-{record.project}.migrated/sessions/{record.id}"
    return None if home.get(path) else home.with_file(path, _OLD_RECORD)


def _namesake(home: Home, _: Random) -> Home | None:
    path = f"{LEGACY}/{_HASH}-my-observability/sessions/mo-1"
    return None if home.get(path) else home.with_file(path, _OLD_RECORD)


def _many_locks(home: Home, folder: str, _: Random) -> Home:
    added = {f"{folder}/gone-{number}.json.lock": b"" for number in range(300)}
    for path, content in added.items():
        home = home.with_file(path, content)
    return home


def _deep(home: Home, folder: str, _: Random) -> Home | None:
    path = f"{folder.removesuffix('sessions')}worktrees/w" + "/d" * 300
    return None if home.get(path) else home.with_file(f"{path}/end.txt", b"deep\n")


def _dated(home: Home, record: Record, random: Random) -> Home | None:
    def undated(data: dict[str, object]) -> None:
        for key in ("createdAt", "lifecycle", "statePayload"):
            data.pop(key, None)
        data["status"] = "working"

    bare = json_.edited(home, record.path, undated)
    seconds = random.choice((0, -86_400, 4_102_444_800, 17_179_869_183))
    return bare and bare.with_entry(
        record.path, replace(bare.entries[record.path], mtime_ns=seconds * 1_000_000_000 + 7)
    )


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _projects(sessions: str) -> str:
    return _folder_of(_folder_of(sessions))


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("root-behind-link", "a legacy folder that is a link to another place of the home", "",
     _anywhere(lambda home, _: _moved_away(home, LEGACY))),
    ("root-leads-out", "a legacy folder that is a link out of the home", "CONFIG_INVALID",
     _anywhere(lambda home, _: home.with_link(LEGACY, "/srv/agent-orchestrator"))),
    ("root-link-loop", "a legacy folder that is a link to itself", "CONFIG_INVALID",
     _anywhere(lambda home, _: home.with_link(LEGACY, ".agent-orchestrator"))),
    ("root-is-file", "a file in the place of the legacy folder: nothing to migrate", "",
     _anywhere(lambda home, _: home.without(LEGACY).with_file(LEGACY, b"moved away\n"))),
    ("root-closed", "a legacy folder that its owner may not look into", "NO_ACCESS",
     _anywhere(lambda home, random: _closed(home, LEGACY, random))),
    ("pipes-in-root", "a FIFO and a socket in the legacy folder", "", _anywhere(_pipes)),
    ("projects-behind-link", "a projects folder that is a link to another place of the home", "not-a-folder",
     _sessions(lambda home, folder, _: _moved_away(home, _projects(folder)))),
    ("projects-are-file", "a file in the place of the projects folder", "not-a-folder",
     _sessions(lambda home, folder, _: home.with_file(_projects(folder), b"gone\n"))),
    ("project-link-loop", "a link back to the folder it lies in, among the projects", "not-a-folder",
     _sessions(lambda home, folder, _: home.with_link(f"{_projects(folder)}/loop", "../projects"))),
    ("project-closed", "a project's folder that its owner may not look into", "unreadable",
     _sessions(lambda home, folder, random: _closed(home, _folder_of(folder), random))),
    ("sessions-closed", "a sessions folder that its owner may not look into", "unreadable", _sessions(_closed)),
    ("sessions-behind-link", "a sessions folder that is a link to another place of the home", "not-a-folder",
     _sessions(lambda home, folder, _: _moved_away(home, folder))),
    ("sessions-link-loop", "a sessions folder that is a link to the folder above", "not-a-folder",
     _sessions(lambda home, folder, _: home.with_link(folder, ".."))),
    ("sessions-are-fifo", "a FIFO in the place of a sessions folder", "not-a-folder",
     _sessions(lambda home, folder, _: home.with_kind(folder, "fifo"))),
    ("many-locks", "three hundred locks of processes that are gone", "leftover", _sessions(_many_locks)),
    ("deep-worktree", "a worktree of three hundred folders inside one another", "", _sessions(_deep)),
    ("session-is-socket", "a socket in the place of a record", "not-a-regular-file",
     on_file(lambda home, path, _: home.with_kind(path, "socket"))),
    ("session-link-loop", "a link to itself in the place of a record", "not-a-regular-file",
     on_file(lambda home, path, _: home.with_link(path, path.rpartition("/")[2]))),
    ("huge-session", "a record of more than sixteen mebibytes", "too-large",
     on_file(lambda home, path, _: home.with_file(path, _BLANK))),
    ("archive-of-today", "an archive folder beside today's records", "archived",
     on_live(_beside("{folder}/archive/{id}_2026-02-20T10-00-00-000Z.json"))),
    ("session-at-wrong-level", "records outside of any sessions folder", "not-migrated",
     on_live(_each("{project}/{id}.json", f"{LEGACY}/{{id}}.json", f"{LEGACY}/sessions/{{id}}.json"))),
    ("session-without-ending", "a record of today's layout whose name has no ending", "",
     on_live(_beside("{folder}/{id}"))),
    ("case-twin", "a second record whose id differs in case only", "", on_live(_beside("{folder}/{up}.json"))),
    ("unicode-twins", "two records whose names differ in Unicode normalisation only", "invalid-session-id",
     on_live(_each("{folder}/caf\u00e9-1.json", "{folder}/cafe\u0301-1.json"))),
    ("hostile-names", "records whose names are no text, or that a terminal would obey", "invalid-session-id",
     on_live(_each("{folder}/\udcff-1.json", "{folder}/a\nb.json", "{folder}/\x1b[2J.json", "{folder}/-rf *.json"))),
    ("long-name", "a record whose name is as long as a name can be", "",
     on_live(_beside("{folder}/" + "n" * 250 + ".json"))),
    ("converted-twin", "a session that also lies in a folder which legacy had converted", "migrated-dir",
     on_live(_converted_twin)),
    ("observability-namesake", "an old folder of a project called my-observability", "no-project", _anywhere(_namesake)),
    ("odd-mtime", "a record without any time, whose file is of 1970, before it, or of the future", "", on_live(_dated)),
    ("config-is-directory", "a directory in the place of the registry", "CONFIG_INVALID", _at(CONFIG, "dir")),
    ("config-is-fifo", "a FIFO in the place of the registry", "CONFIG_INVALID", _at(CONFIG, "fifo")),
    ("config-unreadable", "a registry that its owner may not read", "CONFIG_INVALID",
     _anywhere(lambda home, _: tree.made_unreadable(home, CONFIG))),
    ("config-leads-out", "a registry that is a link out of the home", "CONFIG_INVALID",
     _anywhere(lambda home, _: home.with_link(CONFIG, "/etc/passwd"))),
    ("config-link-loop", "a registry that is a link to itself", "CONFIG_INVALID",
     _anywhere(lambda home, _: home.with_link(CONFIG, "config.yaml"))),
    ("config-too-large", "a registry of more than four mebibytes", "CONFIG_INVALID",
     _anywhere(lambda home, _: home.with_file(CONFIG, home.content(CONFIG) + b"#" * (4 << 20)))),
    ("home-read-only", "a home in which its owner may make nothing", "NO_ACCESS", _anywhere(_home_read_only)),
    ("state-folder-read-only", "no place where a backup could lie", "NO_ACCESS", _anywhere(_no_state_folder)),
    ("state-folder-in-legacy", "a state folder that is a link into the legacy tree", "NO_ACCESS",
     _anywhere(_state_folder_in_legacy)),
    ("data-folder-read-only", "a data folder in which its owner may make nothing", "DB_INVALID", _read_only(DATA)),
    ("target-read-only", "a database that its owner may not write", "DB_INVALID", _read_only(f"{DATA}/ao.db")),
    ("stale-shared-memory", "the index of a log that a crashed daemon left", "", _anywhere(_stale_index)),
    ("target-of-two-names", "a database that a hard link gives a second name", "DB_INVALID", _anywhere(_two_names)),
    ("shared-memory-is-fifo", "a FIFO where SQLite would keep its shared memory", "DB_INVALID",
     _at(f"{DATA}/ao.db-shm", "fifo")),
    ("run-file-is-fifo", "a FIFO in the place of the rewrite's run file", "", _at(".ao/running.json", "fifo")),
)  # fmt: skip

TREES = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
