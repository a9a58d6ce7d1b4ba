"""Damage to conversations, and what lies beside them or where their copies must go."""

from __future__ import annotations

from random import Random

from harness.corruption import Corruption, json_, tree
from harness.home import Home
from harness.systems.ao import naming
from harness.systems.ao.places import Apply, Record, new_transcript, on_live, transcript


def _no_transcript(home: Home, record: Record, _: Random) -> Home | None:
    path = transcript(home, record)
    return home.without(path) if path else None


def _linked_transcript(home: Home, record: Record, random: Random) -> Home | None:
    path = transcript(home, record)
    if path is None:
        return None
    inside = tree.moved_behind_link(home, path, f"code/moved-{record.id}.jsonl")
    return inside if random.random() < 0.5 else tree.made_link(home, path, "/etc/passwd")


def _large_transcript(home: Home, record: Record, random: Random) -> Home | None:
    path = transcript(home, record)
    if path is None:
        return None
    return home.with_file(
        path, home.content(path) + b"not UTF-8: \xff\xfe\r\n" + random.randbytes(100_003) * 11
    )


def _neighbour(home: Home, record: Record, _: Random) -> Home | None:
    path = transcript(home, record)
    neighbour = f"{path.rpartition('/')[0]}/agent-a1b2c3d4.jsonl" if path else ""
    return home.with_file(neighbour, b"{}\n", mode=0o600) if path and home.get(neighbour) is None else None


def _conflict(home: Home, record: Record, random: Random) -> Home | None:
    source = transcript(home, record)
    if source is None or "-orchestrator" in record.id:
        return None
    destination = new_transcript(home, record)
    if home.get(destination) is not None:
        return None
    other = b'{"type":"user","message":"another talk"}\n'
    if random.random() < 0.8:  # as long as the one to copy, which so must be compared and not measured
        other = home.content(source)[::-1]
    return None if other == home.content(source) else home.with_file(destination, other, mode=0o600)


def _one_place_for_two(home: Home, record: Record, random: Random) -> Home | None:
    """Two orchestrators of a project have one resume id and two conversations: both belong to one place."""
    source, name = transcript(home, record), random.choice(("aa-orchestrator-2", "zz-orchestrator-2"))
    path, worktree = f"{record.folder}/{name}.json", f"{home.root}/code/of-{name}"
    if source is None or home.get(path) is not None:
        return None
    uuid, other = record.data["claudeSessionUuid"], home.content(source)[::-1] + b"\n"
    second = record.data | {"role": "orchestrator", "worktree": worktree}
    second["createdAt"] = random.choice(("2020-01-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z"))
    home = json_.with_object(home, record.path, record.data | {"role": "orchestrator"})
    home = json_.with_object(home, path, second)
    bucket = naming.bucket(home.resolve(worktree))
    return home.with_file(f".claude/projects/{bucket}/{uuid}.jsonl", other, mode=0o600)


_ROWS: tuple[tuple[str, str, str, Apply], ...] = (
    ("transcript-missing", "a conversation that is gone", "transcript-missing", on_live(_no_transcript)),
    ("transcript-is-link", "a link in the place of a conversation", "transcript-missing",
     on_live(_linked_transcript)),
    ("large-transcript", "a conversation of more than a mebibyte that is not text throughout", "",
     on_live(_large_transcript)),
    ("neighbour-transcript", "another conversation beside the session's own", "", on_live(_neighbour)),
    ("one-place-for-two", "two conversations of one project that belong to the same place", "transcript-conflict",
     on_live(_one_place_for_two)),
    ("transcript-conflict", "another conversation where the copy must go", "transcript-conflict",
     on_live(_conflict)),
)  # fmt: skip

TRANSCRIPTS = {
    name: Corruption(name, summary, frozenset(shows.split()), apply) for name, summary, shows, apply in _ROWS
}
