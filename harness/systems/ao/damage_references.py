"""Damage to the folders and files that a legacy home refers to: its conversations, and the repositories of its projects."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.corruption import Corruption, tree
from harness.home import Home
from harness.systems.ao.places import (
    Apply,
    Entry,
    Record,
    new_transcript,
    on_entry,
    on_live,
    transcript,
)


def _conversation(damage: Callable[[Home, str, str], Home | None]) -> Apply:
    """Returns damage around the conversation of a worker: told its file, and the one that will be."""

    def on(home: Home, record: Record, _: Random) -> Home | None:
        path = transcript(home, record)
        if path is None or "-orchestrator" in record.id or not home.entries[path].mode & 0o400:
            return None
        return damage(home, path, new_transcript(home, record))

    return on_live(on)


def _folder_of(path: str) -> str:
    return path.rpartition("/")[0]


def _new_bucket(damage: Callable[[Home, str], Home]) -> Apply:
    def on(home: Home, _: str, new: str) -> Home | None:
        return None if home.get(_folder_of(new)) else damage(home, _folder_of(new))

    return _conversation(on)


def _no_new_buckets(home: Home, _: str, new: str) -> Home | None:
    return None if home.get(_folder_of(new)) else home.with_mode(".claude/projects", 0o500)


def _buckets_write_only(home: Home, _: str, new: str) -> Home | None:
    return None if home.get(_folder_of(new)) else home.with_mode(".claude/projects", 0o300)


def _repository(damage: Callable[[Home, str, Random], Home | None]) -> Apply:
    def on(home: Home, entry: Entry, random: Random) -> Home | None:
        found = home.get(entry.path) if entry.path else None
        return damage(home, entry.path, random) if found and found.kind == "dir" else None

    return on_entry(on)


def _settings_behind_link(home: Home, path: str, _: Random) -> Home | None:
    name = f"{path}/agent-orchestrator.yaml"
    if home.get(name) is None:
        home = home.with_file(name, b"agentConfig: {model: opus}\n")
    if home.entries[name].kind != "file":
        return None
    return tree.moved_behind_link(home, name, f"{path}/shared-settings.yaml")


def _git_config_is_fifo(home: Home, path: str, _: Random) -> Home | None:
    found = home.get(f"{path}/.git/config")
    return home.with_kind(f"{path}/.git/config", "fifo") if found and found.kind == "file" else None


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("buckets-read-only", "no new folder can be made beside the conversations", "transcript-conflict",
     _conversation(_no_new_buckets)),
    ("buckets-write-only", "no list of conversations' folders, so no new one can be forced to the disk", "transcript-conflict",
     _conversation(_buckets_write_only)),
    ("transcript-unreadable", "a conversation that its owner may not read", "unreadable",
     _conversation(lambda home, path, _: tree.made_unreadable(home, path))),
    ("transcript-is-fifo", "a FIFO in the place of a conversation", "transcript-missing",
     _conversation(lambda home, path, _: home.with_kind(path, "fifo"))),
    ("transcript-is-directory", "a directory in the place of a conversation", "transcript-missing",
     _conversation(lambda home, path, _: tree.made_directory(home, path))),
    ("bucket-closed", "a folder of conversations that its owner may not enter", "unreadable",
     _conversation(lambda home, path, _: tree.made_unreadable(home, _folder_of(path)))),
    ("bucket-leads-out", "a folder of conversations that is a link out of the home", "transcript-missing",
     _conversation(lambda home, path, _: home.with_link(_folder_of(path), "/srv/talks"))),
    ("new-bucket-is-file", "a file where the folder for the copy must be", "transcript-conflict",
     _new_bucket(lambda home, bucket: home.with_file(bucket, b"taken\n"))),
    ("new-bucket-link-loop", "a link to itself where the folder for the copy must be", "transcript-conflict",
     _new_bucket(lambda home, bucket: home.with_link(bucket, bucket.rpartition("/")[2]))),
    ("repository-closed", "a repository that its owner may not enter", "degraded-project",
     _repository(lambda home, path, _: tree.made_unreadable(home, path))),
    ("settings-are-directory", "a directory in the place of local settings", "degraded-project",
     _repository(lambda home, path, _: home.with_kind(f"{path}/agent-orchestrator.yaml", "dir"))),
    ("settings-lead-out", "local settings that are a link out of the home", "degraded-project",
     _repository(lambda home, path, _: home.with_link(f"{path}/agent-orchestrator.yaml", "/etc/passwd"))),
    ("settings-behind-link", "local settings that are a link to another file of the home", "",
     _repository(_settings_behind_link)),
    ("git-config-is-fifo", "a FIFO in the place of a repository's configuration", "", _repository(_git_config_is_fifo)),
)  # fmt: skip

REFERENCES = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
