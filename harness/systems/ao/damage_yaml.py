"""What YAML may hold where people write it by hand: other types, anchors, tags, bombs, and bytes that are no text."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from harness.corruption import Corruption, bytes_, text
from harness.home import Home
from harness.systems.ao import yaml_text
from harness.systems.ao.model import LEGACY
from harness.systems.ao.places import CONFIG, Apply, Entry, entries, on_entry

_SCALARS = (
    "yes", "NO", "on", "0755", "012", "0o14", "0x1F", "12:30:45", "1_000", "1e3", "-.5", "+1.", ".inf", ".NaN",
    "~", "null", "True", "2026-05-01", "=", "<<", "'quoted'", '"\\u00e9\\x41"', "a#b", "!!str 12", "!!int '3'",
    "!mine x", "9007199254740993", "99999999999999999999999", "1e400", "0b11", "190:20:30", "-0", "6.02e+23",
)  # fmt: skip
_BOMB = ["a: &a [x, x, x, x, x, x, x, x, x]"] + [
    f"{one}: &{one} [{', '.join([f'*{before}'] * 9)}]"
    for before, one in zip("abcdefgh", "bcdefghi", strict=True)
]
_HOSTILE_KEYS = (
    "..",
    "../../etc",
    "/etc",
    ".hidden",
    "a/b",
    "-x",
    "a b",
    "a..b",
    '"\\0"',
    '""',
    "é",
    "~",
    "[a, b]",
    "p" * 129,
)


def _on_config(change: Callable[[bytes, Random], bytes]) -> Apply:
    """Returns a change to the bytes of the registry."""

    def damage(home: Home, random: Random) -> Home | None:
        return home.with_file(CONFIG, change(home.content(CONFIG), random)) if entries(home) else None

    return damage


def _ending(*lines: str) -> Apply:
    return _on_config(lambda content, _: content + "\n".join([*lines, ""]).encode())


def _local(*contents: str) -> Apply:
    """Returns damage that writes the settings of a project anew, as one of these."""

    def damage(home: Home, entry: Entry, random: Random) -> Home | None:
        found = home.get(entry.path) if entry.path else None
        if found is None or found.kind != "dir":
            return None
        return home.with_file(f"{entry.path}/agent-orchestrator.yaml", random.choice(contents).encode())

    return on_entry(damage)


def _scalars_in_settings(home: Home, entry: Entry, random: Random) -> Home | None:
    lines = [
        f"  K{number}: {scalar}\n" for number, scalar in enumerate(_SCALARS) if scalar not in {"~", "null"}
    ]
    links = [
        f"  - {yaml_text.scalar(link)}\n" for link in ("../up", "/etc", "a/../..", "", "ok", "a//b", "..")
    ]
    document = f"env:\n{''.join(lines)}symlinks:\n{''.join(links)}agentConfig: {{permissions: {random.choice('ab')}}}\n"
    found = home.get(entry.path) if entry.path else None
    if found is None or found.kind != "dir":
        return None
    return home.with_file(f"{entry.path}/agent-orchestrator.yaml", document.encode())


def _with(key: str, *values: str) -> Apply:
    """Returns damage that gives a key of an entry one of these values, as YAML text."""

    def damage(home: Home, entry: Entry, random: Random) -> Home | None:
        new = f"    {key}: {random.choice(values)}"

        def change(lines: list[str]) -> list[str]:
            return [lines[0], new, *(line for line in lines[1:] if not line.startswith(f"    {key}:"))]

        return text.with_block(home, CONFIG, entry.line, change)

    return on_entry(damage)


def _other_types(home: Home, random: Random) -> Home | None:
    key = random.choice(("displayName", "defaultBranch", "sessionPrefix", "registeredAt"))
    return _with(key, *_SCALARS)(home, random)


def _hostile_key(home: Home, entry: Entry, random: Random) -> Home | None:
    key = random.choice(_HOSTILE_KEYS)
    return text.with_block(home, CONFIG, entry.line, lambda lines: [f"  {key}:", *lines[1:]])


def _doubled_key(home: Home, entry: Entry, _: Random) -> Home | None:
    return text.with_block(
        home, CONFIG, entry.line, lambda lines: [*lines, "    path: /elsewhere", "    path: /x"]
    )


def _merge_key(home: Home, entry: Entry, _: Random) -> Home | None:
    """In YAML 1.2 `<<` is a key like any other, so the path that it should bring is missing."""

    def change(lines: list[str]) -> list[str]:
        rest = [line for line in lines[1:] if not line.startswith("    path:")]
        return [lines[0], "    base: &base {path: /srv/shared}", "    <<: *base", *rest]

    return text.with_block(home, CONFIG, entry.line, change)


def _anchors(home: Home, entry: Entry, _: Random) -> Home | None:
    def change(lines: list[str]) -> list[str]:
        kept = [line for line in lines[1:] if not line.startswith(("    defaultBranch:", "    displayName:"))]
        return [lines[0], "    defaultBranch: &branch develop", "    displayName: *branch", *kept]

    return text.with_block(home, CONFIG, entry.line, change)


def _case_twin(home: Home, entry: Entry, _: Random) -> Home | None:
    key = entry.id.upper()
    if not entry.path or key in {other.id for other in entries(home)}:
        return None
    path = yaml_text.scalar(f"{home.root}/{entry.path.upper()}")
    return text.with_block(
        home, CONFIG, entry.line, lambda lines: [*lines, f"  {yaml_text.scalar(key)}:", f"    path: {path}"]
    )


def _latin_1(home: Home, entry: Entry, _: Random) -> Home | None:
    marked = text.with_block(home, CONFIG, entry.line, lambda lines: [*lines, "    description: caf@@"])
    return marked and bytes_.replaced(marked, CONFIG, b"@@", b"\xe9")


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("empty-config", "a registry without a word: its sessions have no project", "no-project",
     _on_config(lambda _, random: random.choice((b"", b"# nothing\n", b"---\n", b"projects:\n", b"projects: {}\n")))),
    ("config-not-a-mapping", "a registry that is a list, a text, or lists its projects", "CONFIG_INVALID",
     _on_config(lambda _, random: random.choice((b"- a\n", b"text\n", b"projects: [a]\n", b"projects: 7\n")))),
    ("config-of-two-documents", "a registry of two documents", "CONFIG_INVALID", _ending("---", "port: 1")),
    ("config-doubled-key", "a key that stands twice in a registry entry", "CONFIG_INVALID", on_entry(_doubled_key)),
    ("config-alias-bomb", "a registry whose aliases would unfold to hundreds of millions of values", "CONFIG_INVALID",
     _ending(*_BOMB)),
    ("config-too-deep", "two thousand nested lists in the registry", "CONFIG_INVALID",
     _ending("extra:" + "\n  [" * 2_000 + "]" * 2_000)),
    ("config-nul", "a NUL byte in the registry", "CONFIG_INVALID", _ending("extra: a\0b")),
    ("config-tab", "a tab where YAML wants spaces", "CONFIG_INVALID", _ending("extra:", "\tkey: 1")),
    ("config-latin-1", "a text in the registry that is not UTF-8", "", on_entry(_latin_1)),
    ("config-foreign-keys", "keys in the registry that no release knows", "",
     _ending("telemetry: {on: yes}", "? [a, b]", ": complex", '"": empty', "1: one", "~: null")),
    ("config-anchors", "an anchor and an alias in a registry entry", "", on_entry(_anchors)),
    ("config-merge-key", "a merge key, which YAML 1.2 does not know", "no-path", on_entry(_merge_key)),
    ("config-other-types", "names and branches in the registry that parsers read differently", "",
     _other_types),
    ("hostile-project-id", "a project key that is a path, or no text", "invalid-project-id", on_entry(_hostile_key)),
    ("case-twin-project", "a second project whose id and path differ in case only", "", on_entry(_case_twin)),
    ("path-of-wrong-type", "a path that is no text, or blank", "no-path", _with("path", "7", "[a]", '"  "', "null", '"a\\0b"', "{a: 1}")),
    ("odd-path", "a path that is the home, the root, or not clean", "",
     _with("path", "/", "~", "//srv//x/../y/", "~root/x", '"~/"', "relative/app", ".", '"\\u202e/x"', "/" + "p" * 300)),
    ("prefix-changed", "a session prefix that was changed after the sessions were named", "",
     _with("sessionPrefix", "renamed", '"../x"', "7", '""', "A-b_c", '"a b"')),
    ("hostile-storage-key", "a storage key that is a path", "", _with("storageKey", '"../../code"', "/etc", '".."', "7")),
    ("odd-repository-names", "an origin in the registry of another type", "",
     _with("repo", "7", "[a]", "{owner: a}", "{originUrl: 5}", '"a b"', '"-oProxyCommand=x"')),
    ("settings-without-values", "settings with keys that have no value", "degraded-project",
     _local("symlinks:\nagent: codex\n", "env:\n", "agentConfig:\n", "worker:\n", "agent:\n")),
    ("empty-settings", "settings without a word", "degraded-project", _local("", "# nothing\n", "---\n", "null\n")),
    ("settings-alias-bomb", "settings whose aliases would unfold without end", "degraded-project",
     _local("\n".join(_BOMB) + "\n")),
    ("settings-too-deep", "two thousand nested lists in settings", "degraded-project",
     _local("extra:" + "\n  [" * 2_000 + "]" * 2_000 + "\n", "a:" + "\n  {a: " * 2_000 + "}" * 2_000)),
    ("settings-of-two-documents", "settings of two documents", "degraded-project", _local("agent: codex\n---\nagent: aider\n")),
    ("settings-in-other-types", "settings whose values parsers read differently", "", on_entry(_scalars_in_settings)),
    ("settings-of-other-words", "settings with permissions that the rewrite has no word for", "lossy-permission",
     _local("agentConfig: {permissions: suggest}\n", "worker: {agentConfig: {permissions: suggest}}\n", "orchestrator: {agentConfig: {permissions: suggest}}\n")),
    ("settings-with-anchors", "settings with anchors, a merge key and tags", "",
     _local("base: &base {A: one}\nenv:\n  <<: x\n  B: &b two\n  C: *b\n  D: !!str 0755\nagentConfig: &c {model: m}\nworker: {agentConfig: *c}\n")),
    ("config-in-root-is-many", "other files with names like the registry's", "",
     lambda home, _: home.with_file(f"{LEGACY}/config.yml", b"projects: {}\n") if entries(home) and home.get(f"{LEGACY}/config.yml") is None else None),
)  # fmt: skip

YAMLS = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
