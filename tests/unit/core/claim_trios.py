"""For every claim a history that shows it holds, one that shows it does not, and one that is mute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import twofold
from claim_histories import (
    APART,
    BACK,
    CHANGED,
    COMPARED,
    COPIES,
    COUNTS,
    DEAF,
    DONE,
    EARLIER,
    EDITED,
    FILLED,
    HALF,
    JOURNAL,
    KILLED,
    LEGACY,
    MIGRATED,
    NEWER,
    NO_SUCCESS,
    NOTES,
    OLD,
    OVERTAKEN,
    PAIRED,
    PUT,
    REFUSED,
    REPORT,
    RETURNS,
    RIGHT,
    ROWS,
    SETTLED,
    TORN,
    UNHEARD,
    WRITE,
    A,
    asked,
    holding,
    journalled,
    said,
    shown,
    with_notes,
)
from handwritten import BORN, event, home, stored

from harness.evidence import Evidence
from harness.home import digest_of
from harness.talk import Exchange


@dataclass(frozen=True)
class Trio:
    """`told` is the first finding on `fails`: subject, expected, found, step; `mute` is None if always offered."""

    passes: Evidence
    fails: Evidence
    told: tuple[str, Any, Any, int]
    mute: tuple[Evidence, str] | None


TRIOS: dict[str, Trio] = {
    "reads-answer": Trio(
        passes=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")),
        fails=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "B")),
        told=("a", "A", "B", 0),
        mute=(asked(LEGACY, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")), "no home was asked that can be"),
    ),
    "reads-in-time": Trio(
        passes=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 0.2, "A")),
        fails=asked(MIGRATED, Exchange(0, 0.1, {"of": "a"}, 9.2, "A")),
        told=("a", "1 s", 9.1, 0),
        mute=(asked(MIGRATED), "no home was asked for whose size there are limits"),
    ),
    "ends-as-expected": Trio(
        passes=shown(REFUSED, RIGHT, event(TORN, outcome="partial")),
        fails=shown(RIGHT, event(LEGACY, MIGRATED, conditions=frozenset({"locked"}))),
        told=("step 1: migrate", "refused", "done (exit status 0)", 1),
        mute=(shown(), "no step was run"),
    ),
    "no-loss": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {}}))),
        told=("notes a", A, "no such record", 0),
        mute=NO_SUCCESS,
    ),
    "no-invention": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {"a": A, "a2": A}}))),
        told=("notes a2", "no such record", A, 0),
        mute=NO_SUCCESS,
    ),
    "no-corruption": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, holding({"notes": {"a": {"text": "A", "rank": "1"}}}))),
        told=("notes a: rank", 1, "1", 0),
        mute=NO_SUCCESS,
    ),
    "only-adds": Trio(
        passes=shown(event(FILLED, with_notes(FILLED, old=EARLIER, a=A))),
        fails=shown(event(FILLED, with_notes(FILLED, old={"text": "mended"}, a=A))),
        told=("notes old", EARLIER, {"text": "mended"}, 0),
        mute=(shown(RIGHT), "the migration is none that must leave tables of its store alone"),
    ),
    "store-sound": Trio(
        passes=shown(event(home({"legacy": "one", "problems": "old\n"}), home({"problems": "old\n"}))),
        fails=shown(
            event(
                home({"problems": "old\n"}),
                home({"problems": "old\na row without its parent\n"}),
                do="rollback",
            )
        ),
        told=("a row without its parent", "a sound store, as before the step", "a row without its parent", 0),
        mute=(shown(), "no step was run"),
    ),
    "no-stranding": Trio(
        passes=shown(RIGHT),
        fails=shown(event(LEGACY, MIGRATED.without("moved/a"))),
        told=("moved/a", f"the file with content {digest_of(b'dear')[:12]}", "no such file", 0),
        mute=NO_SUCCESS,
    ),
    "nothing-else-changes": Trio(
        passes=shown(event(LEGACY, journalled(MIGRATED))),
        fails=shown(event(LEGACY, MIGRATED.with_file("bystander", b"kept"))),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'kept')[:12]}, mode 0644: changed in content",
            0,
        ),
        mute=(shown(), "no step was run"),
    ),
    "dry-run-is-clean": Trio(
        passes=shown(event(LEGACY, do="dry_run"), RIGHT),
        fails=shown(RIGHT, event(MIGRATED, journalled(MIGRATED), do="dry_run")),
        told=(".local", "no such path", "dir, mode 0755: dir appeared", 1),
        mute=(shown(RIGHT), "the scenario has no dry_run step"),
    ),
    "reading-is-clean": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify")),
        fails=shown(event(LEGACY, LEGACY.with_file("bystander", b"keep", mtime_ns=BORN + 1), do="inspect")),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644: changed in mtime_ns",
            0,
        ),
        mute=(shown(RIGHT, event(MIGRATED, do="dry_run")), "the scenario has no step that only looks"),
    ),
    "refusal-is-clean": Trio(
        passes=shown(REFUSED),
        fails=shown(
            RIGHT, event(MIGRATED, MIGRATED.with_kind("lock", "fifo"), outcome="refused", do="rollback")
        ),
        told=("lock", "no such path", "fifo, mode 0600: fifo appeared", 1),
        mute=(shown(RIGHT), "no step was refused"),
    ),
    "rerun-is-noop": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify"), event(MIGRATED)),
        fails=shown(RIGHT, event(MIGRATED, MIGRATED.with_mode("moved/a", 0o600))),
        told=(
            "moved/a",
            f"file of 4 bytes, content {digest_of(b'dear')[:12]}, mode 0644",
            f"file of 4 bytes, content {digest_of(b'dear')[:12]}, mode 0600: changed in mode",
            1,
        ),
        mute=(shown(RIGHT, BACK, RIGHT), "no migration follows a successful one"),
    ),
    "home-restored": Trio(
        passes=shown(
            event(LEGACY, journalled(MIGRATED)),
            event(journalled(MIGRATED), journalled(LEGACY), do="rollback"),
        ),
        fails=shown(RIGHT, event(MIGRATED, LEGACY.with_link("bystander", "legacy"), do="rollback")),
        told=(
            "bystander",
            f"file of 4 bytes, content {digest_of(b'keep')[:12]}, mode 0644",
            "link to legacy, mode 0777: changed in kind, mode, size, content, target",
            1,
        ),
        mute=(shown(RIGHT), "the scenario has no rollback step"),
    ),
    "restorable-by-hand": Trio(
        passes=shown(KILLED, event(HALF, journalled(LEGACY), do="restore")),
        fails=shown(
            KILLED, event(HALF, LEGACY.with_file("bystander", b"keep", mtime_ns=BORN + 1), do="restore")
        ),
        told=("bystander", "as before the migration", "changed in mtime_ns", 1),
        mute=(shown(RIGHT), "nothing was restored by hand"),
    ),
    "kept-private": Trio(
        passes=shown(event(LEGACY, journalled(MIGRATED))),
        fails=shown(event(LEGACY, journalled(MIGRATED, mode=0o640))),
        told=(
            JOURNAL,
            "no more than mode 0000 for group and others",
            "file, mode 0640",
            0,
        ),
        mute=(shown(), "no step was run"),
    ),
    "backup-first": Trio(
        passes=shown(event(OLD, journalled(CHANGED, b"{}")), profile=COPIES),
        fails=shown(event(OLD, journalled(CHANGED, b"{ }")), profile=COPIES),
        told=(
            "target.json",
            f"a copy with content {digest_of(b'{}')[:12]} below .local/state/m",
            "no such copy",
            0,
        ),
        mute=(shown(RIGHT), "the profile does not say that the migrator keeps copies of what it changes"),
    ),
    "rollback-keeps-new-work": Trio(
        passes=shown(RIGHT, event(NEWER, NEWER, do="rollback", outcome="refused")),
        fails=shown(RIGHT, event(NEWER, LEGACY, do="rollback")),
        told=("notes b", A, "no such record", 1),
        mute=(shown(RIGHT), "the scenario has no rollback step"),
    ),
    "rollback-takes-back": Trio(
        passes=shown(
            RIGHT,
            event(NEWER, OLD.with_file("target.json", stored({"notes": {"b": A}}).encode()), do="rollback"),
        ),
        fails=shown(RIGHT, event(NEWER, NEWER.without("moved"), do="rollback")),
        told=("notes a", "no such record", A, 1),
        mute=(
            shown(RIGHT, BACK),
            "no rollback was done after others' work, or with nothing to take back",
        ),
    ),
    "rollback-writes-back": Trio(
        passes=shown(
            RIGHT, event(NEWER, LEGACY.with_file("notes/b.txt", b"A"), do="rollback"), profile=RETURNS
        ),
        fails=shown(RIGHT, event(NEWER, LEGACY, do="rollback"), profile=RETURNS),
        told=("notes/b.txt", "a file", "no such file", 1),
        mute=(shown(RIGHT, BACK), "the profile does not say that a rollback writes back"),
    ),
    "retention-kept": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="prune")),
        fails=shown(RIGHT, event(journalled(MIGRATED), journalled(MIGRATED).without(JOURNAL), do="prune")),
        told=(JOURNAL, "untouched: no backup is old enough", "file vanished", 1),
        mute=(shown(RIGHT), "the scenario has no prune step"),
    ),
    "purge-spares": Trio(
        passes=shown(
            RIGHT, event(MIGRATED, journalled(MIGRATED.without("notes/a.txt"), b"A"), do="purge_now")
        ),
        fails=shown(RIGHT, event(MIGRATED, MIGRATED.without("notes/a.txt"), do="purge_now")),
        told=("notes/a.txt", "kept, byte for byte", "neither there nor kept", 1),
        mute=(shown(RIGHT), "the scenario has no purge step"),
    ),
    "leaves-no-litter": Trio(
        passes=shown(event(LEGACY, outcome="unknown", signal=9, litter=("/tmp/copy.db",))),
        fails=shown(event(LEGACY, do="dry_run", litter=("/tmp/copy.db",))),
        told=("/tmp/copy.db", "no such path", "left behind", 0),
        mute=(shown(), "no step was run"),
    ),
    "leaves-no-process": Trio(
        passes=shown(RIGHT, event(MIGRATED, do="verify")),
        fails=shown(RIGHT, event(MIGRATED, do="verify", strays=("git",))),
        told=("git", "no process", "still alive", 1),
        mute=(shown(), "no step was run"),
    ),
    "same-as-clean-run": Trio(
        passes=shown(KILLED, SETTLED),
        fails=shown(KILLED, event(HALF, DONE.with_file("moved/a.part", b"de"))),
        told=("moved/a.part", "as after one clean run", "file appeared", 1),
        mute=(shown(RIGHT, event(MIGRATED)), "no step was killed"),
    ),
    "others-writes-told": Trio(
        passes=shown(replace(OVERTAKEN, report=REPORT | {"notes": [{"source": "notes/a.txt"}]})),
        fails=shown(OVERTAKEN),
        told=(
            "moved/a",
            f"the file with content {digest_of(b'dear')[:12]}",
            "it is not there, and no note",
            0,
        ),
        mute=(shown(RIGHT), "nobody wrote during a migration that succeeded"),
    ),
    "one-run-at-a-time": Trio(
        passes=shown(PAIRED),
        fails=shown(replace(PAIRED, after=holding({"notes": {"a": A | {"text": "twice"}}}))),
        told=("notes a: text", "A", "twice", 0),
        mute=(shown(RIGHT), "no two runs were at work at once"),
    ),
    "dry-run-tells-the-truth": Trio(
        passes=shown(event(LEGACY, do="dry_run", report=REPORT | {"changed": False}), RIGHT),
        fails=shown(event(LEGACY, do="dry_run", report=REPORT | {"records": ROWS[:1]}), RIGHT),
        told=("records letter letters/a a migrated ", "1 times", "0 times", 0),
        mute=(
            shown(event(LEGACY, do="dry_run"), REFUSED),
            "no migration follows a dry run of the same home",
        ),
    ),
    "acknowledged-is-kept": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({}), WRITE)),
        told=("a in the target", {"text": "A", "rank": 1}, None, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "answers-hold": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({}), UNHEARD)),
        told=("client 0", "an answer", UNHEARD.told(), 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "sides-agree": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({"a": A}, {}), WRITE)),
        told=("a", A, None, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "untouched-stay": Trio(
        passes=twofold.shown(PUT),
        fails=twofold.shown(twofold.talked(twofold.kept({}), twofold.kept({"a": A, "b": A}), WRITE)),
        told=("b in the target", None, A, 0),
        mute=(shown(RIGHT), "no client has talked to a store"),
    ),
    "drift-told": Trio(
        passes=twofold.shown(twofold.talked(twofold.kept({"a": A}), twofold.kept({"a": A}), COMPARED)),
        fails=twofold.shown(twofold.talked(APART, APART, COMPARED)),
        told=("a", "a difference, the legacy counts", "no difference", 0),
        mute=(twofold.shown(PUT), "nobody asked for differences"),
    ),
    "verify-notices": Trio(
        passes=shown(RIGHT, event(EDITED, do="verify", outcome="attention")),
        fails=shown(RIGHT, event(EDITED, do="verify", meanwhile="tampering")),
        told=("step 1: verify after tampering", "differences, told: notes a", "done (exit status 0)", 1),
        mute=(shown(RIGHT, event(MIGRATED, do="verify")), "nothing was altered before a verify step"),
    ),
    "accounted-for": Trio(
        passes=said(records=[ROWS[1], ROWS[0]]),
        fails=said(records=[ROWS[1]]),
        told=("note a (notes/a.txt)", "migrated", "not named in the report", 0),
        mute=(shown(RIGHT, profile=DEAF), "the profile does not say that the migrator reports"),
    ),
    "losses-told": Trio(
        passes=said(notes=[*NOTES, *NOTES]),
        fails=said(notes=[]),
        told=("note on a (letters/a)", "shortened", "no such note", 0),
        mute=(shown(event(TORN)), "there is nothing of which notes could be due"),
    ),
    "report-is-honest": Trio(
        passes=shown(REFUSED, RIGHT),
        fails=said(counts=COUNTS | {"written": 3}),
        told=("counts.written", 2, 3, 0),
        mute=(
            shown(event(LEGACY, outcome="unknown", signal=9)),
            "no step came to an end that can be reported",
        ),
    ),
}
