"""Damage to the registry and to projects' settings."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.corruption import Corruption, bytes_, json_, text, tree
from harness.home import Home
from harness.systems.ao import yaml_text
from harness.systems.ao.model import LEGACY
from harness.systems.ao.places import (
    CONFIG,
    Apply,
    Entry,
    Record,
    entries,
    live_records,
    on_entry,
    on_live,
)


def _unregistered(home: Home, entry: Entry, random: Random) -> Home | None:
    if all(record.project != entry.id for record in live_records(home, random)):
        return None
    if len(entries(home)) > 1:
        return text.with_block(home, CONFIG, entry.line, lambda _: [])
    lines = text.lines_of(home, CONFIG)
    return text.with_block(home, CONFIG, lines.index("projects:"), lambda _: ["projects: {}"])


def _renamed(pattern: str) -> Callable[[Home, Entry, Random], Home | None]:
    def damage(home: Home, entry: Entry, _: Random) -> Home | None:
        name = pattern.format(entry.id)
        folder = f"{LEGACY}/projects"
        moved = tree.moved(home, f"{folder}/{entry.id}", f"{folder}/{name}")
        key = yaml_text.scalar(name)
        return moved and text.with_block(moved, CONFIG, entry.line, lambda lines: [f"  {key}:", *lines[1:]])

    return damage


def _line(prefix: str, replacement: str | None) -> Callable[[Home, Entry, Random], Home | None]:
    """Returns damage to the line of an entry that begins with a key; None takes the line away."""

    def change(lines: list[str]) -> list[str]:
        new = [] if replacement is None else [f"    {replacement}"]
        return [part for line in lines for part in (new if line.startswith(f"    {prefix}") else [line])]

    return lambda home, entry, _: text.with_block(home, CONFIG, entry.line, change)


def _not_a_mapping(home: Home, entry: Entry, _: Random) -> Home | None:
    key = yaml_text.scalar(entry.id)
    return text.with_block(home, CONFIG, entry.line, lambda _: [f"  {key}: gone"])


def _same_path(home: Home, entry: Entry, _: Random) -> Home | None:
    if not entry.path:
        return None
    path = yaml_text.scalar(f"{home.root}/{entry.path}")
    second = ["  twin_0000000000:", f"    path: {path}", "    sessionPrefix: twin"]
    return text.with_block(home, CONFIG, entry.line, lambda lines: [*lines, *second])


def _same_id(home: Home, record: Record, random: Random) -> Home | None:
    others = sorted(entry.id for entry in entries(home) if entry.id != record.project)
    random.shuffle(others)
    for other in others:
        folder = f"{LEGACY}/projects/{other}/sessions"
        if home.get(folder) is not None:
            copy = tree.copied(home, record.path, f"{folder}/{record.id}.json")
            if copy is not None:
                return copy
    return None


def _first_release_twin(home: Home, record: Record, _: Random) -> Home | None:
    path = f"{LEGACY}/0a1b2c3d4e5f-{record.project}/sessions/{record.id}"
    if home.get(path) is not None:
        return None
    return home.with_file(path, b"status=working\nagent=codex\ncreatedAt=2026-02-20T10:00:00.000Z\n")


def _folder_of_a_name(home: Home, entry: Entry, random: Random) -> Home | None:
    """A hashed folder bears a project's id, which is also how the folder of another one's repository is called."""
    others = [other for other in entries(home) if other.id != entry.id]
    path = f"{LEGACY}/0a1b2c3d4e5f-{entry.id}/sessions/named-1"
    if not others or home.get(path) is not None:
        return None
    new = f"path: {yaml_text.scalar(f'{home.root}/elsewhere/{entry.id}')}"
    moved = _line("path:", new)(home, random.choice(others), random)
    return moved and moved.with_file(
        path, b"status=working\nagent=codex\ncreatedAt=2026-02-20T10:00:00.000Z\n"
    )


def _broken_config(home: Home, random: Random) -> Home | None:
    if not entries(home):
        return None
    endings = ("notifiers: [a, b\n", 'title: "never closed\n', "projects: {}\n", "a: b: c\n")
    return text.appended(home, CONFIG, random.choice(endings))


def _config(damage: Callable[[Home, str], Home | None]) -> Apply:
    return lambda home, _: damage(home, CONFIG) if entries(home) else None


def _local(content: str) -> Callable[[Home, Entry, Random], Home | None]:
    """Returns damage that writes a project's local settings anew."""

    def damage(home: Home, entry: Entry, _: Random) -> Home | None:
        repository = home.get(entry.path) if entry.path else None
        if repository is None or repository.kind != "dir":
            return None
        return home.with_file(f"{entry.path}/agent-orchestrator.yaml", content.encode())

    return damage


def _foreign_old_folder(home: Home, entry: Entry, _: Random) -> Home | None:
    name = entry.path.rpartition("/")[2]
    path = f"{LEGACY}/0a1b2c3d4e5f-not-{name}/sessions/nt-1"
    if not name or home.get(path) is not None:
        return None
    return home.with_file(path, b"status=working\nagent=codex\ncreatedAt=2026-02-20T10:00:00.000Z\n")


def _path_through_link(home: Home, entry: Entry, random: Random) -> Home | None:
    first, _, rest = entry.path.partition("/")
    if first != "code" or not rest or home.get("current") is None:
        return None
    path = yaml_text.scalar(f"{home.root}/current/{rest}")
    return _line("path:", f"path: {path}")(home, entry, random)


def _local_fifo(home: Home, entry: Entry, _: Random) -> Home | None:
    repository = home.get(entry.path) if entry.path else None
    if repository is None or repository.kind != "dir":
        return None
    return home.with_kind(f"{entry.path}/agent-orchestrator.yaml", "fifo")


def _fifo_in_root(name: str) -> Apply:
    return lambda home, _: home.with_kind(f"{LEGACY}/{name}", "fifo") if entries(home) else None


_FIRST_RELEASES = (
    ".agent-orchestrator.yaml",
    ".agent-orchestrator.yml",
    ".config/agent-orchestrator/config.yaml",
)


def _wrapped(home: Home, random: Random, *, broken: bool = False) -> Home | None:
    """The registry lies where the first releases had it, and its entries hold settings too."""
    found = entries(home)
    if not found:
        return None
    settings = [
        "    name: From the first releases",
        "    agent: claude-code",
        "    env: {A: 0755, B: yes}",
        "    agentConfig: {permissions: skip}" if not broken else "    agentConfig: fast",
    ]
    one = random.choice(found)
    changed = text.with_block(home, CONFIG, one.line, lambda lines: [*lines, *settings]) or home
    place = random.choice(_FIRST_RELEASES)
    return None if home.get(place) else tree.moved(changed, CONFIG, place)


def _left_by_origin(home: Home, random: Random) -> Home | None:
    """The registry lies beside the repositories; what leads to it is the mark in each folder of sessions."""
    marks = [path for path in home.entries if path.startswith(LEGACY) and path.endswith("/.origin")]
    live = [path for path in marks if ".migrated/" not in path and path.count("/") == 2]
    place = random.choice(("code/agent-orchestrator.yaml", "agent-orchestrator.yml"))
    if not entries(home) or home.get(place):
        return None
    moved = tree.moved(home, CONFIG, place)
    for path in (live or [f"{LEGACY}/0a1b2c3d4e5f-left/.origin"]) if moved else []:
        moved = moved.with_file(path, f"{home.root}/{place}\n".encode()) if moved else None
    return moved


def _two_registries(home: Home, random: Random) -> Home | None:
    """One registry in the home and one that a mark leads to, which names a project of the first one too."""
    first = _left_by_origin(home, random)
    if first is None or first.get(_FIRST_RELEASES[0]):
        return None
    content = home.content(CONFIG) + b"\n"
    return first.with_file(_FIRST_RELEASES[0], content)


def _gone(path: str) -> Apply:
    return lambda home, _: home.without(path) if entries(home) else None


def _config_behind_link(home: Home, _: Random) -> Home | None:
    return tree.moved_behind_link(home, CONFIG, "code/moved-orchestrator.yaml") if entries(home) else None


def _overlay(home: Home, _: Random) -> Home | None:
    path = f"{LEGACY}/portfolio/preferences.json"
    if not entries(home):
        return None
    return json_.with_object(home, path, ["not", "what", "it", "was"])


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("no-registry-entry", "a project folder that the registry does not name", "no-project", on_entry(_unregistered)),
    ("invalid-project-id", "a project key with a space", "invalid-project-id", on_entry(_renamed("{} old"))),
    ("dotted-project-id", "a project key with a dot", "dotted-id", on_entry(_renamed("{}.v2"))),
    ("invalid-entry", "a registry entry that is a text", "invalid-entry", on_entry(_not_a_mapping)),
    ("no-path", "a registry entry without path", "no-path", on_entry(_line("path:", None))),
    ("path-escapes-home", "a path that leads out of the home", "path-escapes-home",
     on_entry(_line("path:", "path: ~/../elsewhere/app"))),
    ("duplicate-path", "two registry entries for one path", "path-already-registered", on_entry(_same_path)),
    ("same-id-in-two-projects", "one session id in two projects", "id-taken-by-other-project", on_live(_same_id)),
    ("first-release-twin", "a session that also lies in a folder of the first releases", "duplicate-source",
     on_live(_first_release_twin)),
    ("no-config", "a legacy folder without a registry: nothing to migrate", "", _gone(CONFIG)),
    ("first-release-registry", "a registry where the first releases had it, with settings in its entries", "", _wrapped),
    ("first-release-bad-settings", "settings of the wrong type in a registry of the first releases", "degraded-project",
     lambda home, random: _wrapped(home, random, broken=True)),
    ("first-release-origin", "a registry of the first releases beside the repositories", "", _left_by_origin),
    ("first-release-registries", "two registries of the first releases that name the same projects", "duplicate-source",
     _two_registries),
    ("spare-registry", "a registry of the first releases beside today's", "not-migrated",
     lambda home, _: home.with_file(_FIRST_RELEASES[0], b"projects: {old: {path: ~/old}}\n") if entries(home) else None),
    ("no-legacy-root", "a home that the legacy tool has left: nothing to migrate", "", _gone(LEGACY)),
    ("broken-config", "a registry that is not YAML", "CONFIG_INVALID", _broken_config),
    ("config-bom", "a byte order mark before the registry", "", _config(bytes_.with_bom)),
    ("config-crlf", "Windows line ends in the registry", "", _config(bytes_.with_crlf)),
    ("wrapped-local-yaml", "local settings in the layout of the first releases", "degraded-project",
     on_entry(_local("projects:\n  app:\n    path: .\n    defaultBranch: main\n"))),
    ("malformed-local-yaml", "local settings that are not YAML", "degraded-project",
     on_entry(_local("agent: [claude-code\nenv: {A: b\n"))),
    ("mistyped-local-yaml", "local settings of the wrong types", "degraded-project",
     on_entry(_local("env:\n  - A=b\nsymlinks: 7\nagentConfig: fast\n"))),
    ("local-yaml-is-fifo", "a FIFO in the place of local settings", "degraded-project", on_entry(_local_fifo)),
    ("preferences-is-fifo", "a FIFO in the place of an overlay", "", _fifo_in_root("portfolio/preferences.json")),
    ("last-stop-is-fifo", "a FIFO in the place of the list of stopped sessions", "", _fifo_in_root("last-stop.json")),
    ("config-behind-link", "a registry that is a link to another place of the home", "", _config_behind_link),
    ("path-through-link", "a path that leads through a link", "", on_entry(_path_through_link)),
    ("foreign-old-folder", "a folder of the first releases whose name ends like a project's", "no-project",
     on_entry(_foreign_old_folder)),
    ("folder-of-a-name", "an old folder called by a project's id, as another project's repository is", "",
     on_entry(_folder_of_a_name)),
    ("odd-preferences", "an overlay that is a list", "", _overlay),
)  # fmt: skip

HOMES = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
