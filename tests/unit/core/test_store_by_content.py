"""A profile that promises what its store holds, not its bytes: what is still a change, and what is none."""

from __future__ import annotations

import json

import msgspec
import pytest
from handwritten import PROFILE, event, evidence, home, stored

from harness.expectation import Expectation
from harness.history import Event
from harness.home import Home
from harness.sut import Profile
from harness.verdict import judge

BY_CONTENT = msgspec.structs.replace(PROFILE, store="content", reports=False)
NOTES = {"notes": {"a": {"id": "a", "text": "A"}}}
START = home({"legacy": "one", "target.json": stored({"notes": {}})})
MIGRATED = START.with_file("target.json", stored(NOTES).encode(), mtime_ns=2)
OTHER_BYTES = MIGRATED.with_file("target.json", json.dumps(NOTES, indent=1).encode(), mtime_ns=3)
EXPECTED = Expectation(tables=NOTES, writable=frozenset({"target.json"}))
RIGHT = event(START, MIGRATED)


def failed(*events: Event, profile: object = BY_CONTENT) -> set[str]:
    given = evidence(*events, oracle={"one": EXPECTED}, profile=profile)  # type: ignore[arg-type]
    return {result.claim for result in judge(given).results if result.findings}


@pytest.mark.parametrize("verb", ["migrate", "rollback", "verify", "dry_run"])
def test_other_bytes_that_say_the_same_are_no_change(verb: str) -> None:
    before, after = (MIGRATED, OTHER_BYTES) if verb != "rollback" else (MIGRATED, _rewritten(START))
    step = event(before, after, do=verb)  # type: ignore[arg-type]
    assert failed(RIGHT, step) == set()
    strict = msgspec.structs.replace(BY_CONTENT, store="bytes")
    assert failed(RIGHT, step, profile=strict) != set()


def _rewritten(tree: Home) -> Home:
    said = json.loads(tree.content("target.json"))
    return tree.with_file("target.json", json.dumps(said, indent=2).encode(), mtime_ns=4)


@pytest.mark.parametrize(
    "after",
    [
        OTHER_BYTES.with_file("target.json", b'{"notes": {}}'),
        OTHER_BYTES.with_file("beside", b"new"),
        OTHER_BYTES.with_mode("target.json", 0o666),
        OTHER_BYTES.with_file("counters", b'{"notes": 3}'),
        OTHER_BYTES.with_file("target.json", b"not readable"),
    ],
    ids=["a row gone", "a file beside", "opened to others", "a counter moved", "unreadable"],
)
def test_anything_else_is_still_a_change(after: Home) -> None:
    assert "rerun-is-noop" in failed(RIGHT, event(MIGRATED, after))


@pytest.mark.parametrize("profile", [BY_CONTENT, PROFILE], ids=["content", "bytes"])
def test_a_rollback_that_leaves_a_row_says_so(profile: Profile) -> None:
    steps = RIGHT, event(MIGRATED, OTHER_BYTES, do="rollback")
    given = evidence(*steps, oracle={"one": EXPECTED}, profile=profile)
    (told,) = (result for result in judge(given).results if result.claim == "home-restored")
    assert [str(finding.found).split(" (")[0] for finding in told.findings] == ["table notes: 1 rows left"]
