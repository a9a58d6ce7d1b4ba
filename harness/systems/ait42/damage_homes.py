"""Damage to the mapping file, to names, to folders and to the database."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from random import Random

from harness.corruption import Corruption, bytes_, tree
from harness.home import Home
from harness.systems.ait42.model import DATABASE, LEGACY, MAPPING, SESSIONS
from harness.systems.ait42.naming import file_hash
from harness.systems.ait42.places import Apply, session_files

_PAGE = 4096  # bytes, of the database
_TOLD, _MOVED, _FROM = "/srv/told/project", "/srv/moved/project", "/srv/before/project"


def _hashes(home: Home, random: Random) -> list[str]:
    return [path.rpartition("/")[2].removesuffix(".json") for path in session_files(home, random)]


def _mapped(change: Callable[[dict[str, object], list[str]], object]) -> Apply:
    """Returns a mapping file with a change to what it holds; one is made where there is none."""

    def apply(home: Home, random: Random) -> Home | None:
        hashes = _hashes(home, random)
        if not hashes:
            return None
        mapping = _read_mapping(home)
        changed = change(mapping, hashes)
        content = json.dumps(mapping if changed is None else changed, indent=2, ensure_ascii=False)
        return home.with_file(MAPPING, content.encode())

    return apply


def _read_mapping(home: Home) -> dict[str, object]:
    try:
        found = json.loads(home.content(MAPPING))
    except (ValueError, LookupError):
        return {}
    return found if isinstance(found, dict) else {}


def _raw_mapping(content: bytes) -> Apply:
    return lambda home, random: home.with_file(MAPPING, content) if _hashes(home, random) else None


def _of_folder(path: str, mapped: Mapping[str, str]) -> Apply:
    """Returns a session file under the name of a folder that nothing in it shows; the mapping file gets entries too."""

    def apply(home: Home, random: Random) -> Home | None:
        for source in session_files(home, random):
            renamed = tree.moved(home, source, f"{SESSIONS}/{file_hash(path)}.json")
            if renamed is not None:
                return _mapped(lambda mapping, _: mapping.update(mapped))(renamed, random)
        return None

    return apply


def _stray(name: str) -> Apply:
    """Returns a file beside the session files under a name made from that of one of them."""

    def apply(home: Home, random: Random) -> Home | None:
        for path in session_files(home, random):
            stem = path.removesuffix(".json").rpartition("/")[2]
            place = f"{SESSIONS}/{name.format(stem=stem, upper=stem.upper(), short=stem[:12])}"
            if home.get(place) is None:
                content = home.content(path)
                return home.with_file(place, content[: random.randrange(len(content) or 1)])
        return None

    return apply


def _on_folder(change: Callable[[Home, str], Home | None]) -> Apply:
    def apply(home: Home, random: Random) -> Home | None:
        entry = home.get(SESSIONS)
        real = entry is not None and entry.kind == "dir"
        return change(home, SESSIONS) if real and session_files(home, random) else None

    return apply


def _on_database(change: Callable[[Home, str, Random], Home | None]) -> Apply:
    def apply(home: Home, random: Random) -> Home | None:
        entry = home.get(DATABASE)
        return change(home, DATABASE, random) if entry is not None and entry.kind == "file" else None

    return apply


def _torn(home: Home, path: str, random: Random) -> Home | None:
    return None if home.get(f"{path}-wal") else bytes_.truncated(home, path, random)


def _overwritten(home: Home, path: str, random: Random) -> Home | None:
    content = home.content(path)
    if len(content) < 2 * _PAGE or home.get(f"{path}-wal"):
        return None
    at = random.randrange(1, len(content) // _PAGE) * _PAGE
    return home.with_file(path, content[:at] + b"\xff" * 64 + content[at + 64 :])


def _behind_link(home: Home, path: str) -> Home | None:
    moved = tree.moved(home, path, "elsewhere/sessions")
    return moved and moved.with_link(path, f"{home.root}/elsewhere/sessions")


def _folder_as_file(home: Home, path: str) -> Home:
    return home.without(path).with_file(path, b"")


def _older_generation(home: Home, random: Random) -> Home | None:
    paths = session_files(home, random)
    return tree.copied(home, paths[0], f"{LEGACY}/sessions.json") if paths else None


def _two_names(home: Home, random: Random) -> Home | None:
    second = random.choice((f"{DATABASE}.bak", "sync/sessions.db"))
    return tree.given_second_name(home, DATABASE, second)


def _stray_log(home: Home, random: Random) -> Home | None:
    if home.get(DATABASE) is not None or not session_files(home, random):
        return None
    return home.with_file(f"{DATABASE}-wal", b"\x37\x7f\x06\x82" + b"\0" * 28)


def _folder_read_only(home: Home, random: Random) -> Home | None:
    entry = home.get(LEGACY)
    real = entry is not None and entry.kind == "dir" and session_files(home, random)
    return home.with_mode(LEGACY, 0o555) if real else None


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("mapping-torn", "the mapping file is half written", "mapping", _raw_mapping(b'{\n  "9dad1e4e08b0b11c": "/ho')),
    ("mapping-array", "the mapping file holds no object", "mapping", _raw_mapping(b"[]")),
    ("mapping-empty", "the mapping file has no bytes", "mapping", _raw_mapping(b"")),
    ("mapping-not-utf-8", "the mapping file is no UTF-8", "mapping", _raw_mapping(b'{"9dad1e4e08b0b11c": "/caf\xe9"}')),
    ("mapping-mismatch", "the mapping file names another folder", "mapping",
     _mapped(lambda mapping, hashes: mapping.update({hashes[0]: "/srv/another/folder"}))),
    ("mapping-empty-answer", "a question was answered with nothing", "mapping",
     _mapped(lambda mapping, hashes: mapping.update({hashes[0]: ""}))),
    ("mapping-hash", "a hash stands for itself", "mapping",
     _mapped(lambda mapping, hashes: mapping.update({hashes[0]: hashes[0]}))),
    ("mapping-odd-entries", "entries of other kinds beside the right ones", "mapping",
     _mapped(lambda mapping, _: mapping.update({"9DAD": "/x", "9dad1e4e08b0b11c": 3, "note": None}))),
    ("told-folder", "a session file of a folder that only the user can name", "mapping",
     _of_folder(_TOLD, {file_hash("/srv/other"): "/srv/other"})),
    ("moved-folder", "a session file of a folder that went by another path, which the mapping file has", "mapping",
     _of_folder(_FROM, {file_hash(_FROM): _MOVED})),
    ("mapping-folder", "a folder in the mapping file's place", "mapping",
     lambda home, random: home.with_kind(MAPPING, "dir", mode=0o755) if _hashes(home, random) else None),
    ("stray-backup", "a half-written copy beside a session file", "unexpected-file", _stray("{stem}.json.tmp")),
    ("upper-case-name", "a session file's name in capitals", "unexpected-file", _stray("{upper}.JSON")),
    ("short-name", "a name with twelve digits", "unexpected-file", _stray("{short}.json")),
    ("hidden-name", "a hidden file", "unexpected-file", _stray(".{stem}.json")),
    ("older-generation", "the generation before lies beside the folder", "legacy-generation", _older_generation),
    ("linked-folder", "the sessions folder is a link", "", _on_folder(_behind_link)),
    ("folder-is-file", "a file in the sessions folder's place", "not-a-folder", _on_folder(_folder_as_file)),
    ("folder-unreadable", "the sessions folder cannot be looked into", "unreadable",
     _on_folder(tree.made_unreadable)),
    ("no-folder", "there is no sessions folder", "", _on_folder(lambda home, path: home.without(path))),
    ("no-legacy-root", "there is nothing of the editor at all", "", _on_folder(lambda home, _: home.without(LEGACY))),
    ("database-torn", "the database is cut short", "DB_INVALID",
     _on_database(_torn)),
    ("database-overwritten", "a block of the database is overwritten", "DB_INVALID", _on_database(_overwritten)),
    ("database-of-two-names", "a hard link gives the database a second name", "DB_INVALID", _two_names),
    ("database-read-only", "the database may not be written", "NO_ACCESS",
     _on_database(lambda home, path, _: home.with_mode(path, 0o444))),
    ("legacy-root-read-only", "in the editor's folder nothing can be made", "NO_ACCESS", _folder_read_only),
    ("stray-log", "a write-ahead log without its database", "DB_INVALID", _stray_log),
)  # fmt: skip

HOMES = {
    name: Corruption(name, summary, frozenset({shown} - {""}), apply) for name, summary, shown, apply in _ROWS
}
