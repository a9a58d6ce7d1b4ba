#!/usr/bin/env python3
"""Comparing two states, as ratio to DeepDiff of {key: record}; target: at least 30 times as fast.

    python bench/differences.py [--rows 100000] [--runs 3]

A state is a table of records with 15 fields; in the other one 10 are changed, 5 are gone and 5 are new.  `half` has
every other record changed, the worst case.  DeepDiff is timed on a tenth of the records and counted tenfold, for it
is linear here and would take most of the time.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from deepdiff import DeepDiff
from measure import Targets, parser, race, ratio, table

from harness.difference import compare
from harness.records import Table


def state(rows: int) -> Table:
    source = random.Random(3)
    words = [f"{source.getrandbits(40):x}" for _ in range(4_000)]
    return {
        f"c-{number:07}": {
            "id": number,
            "session": f"s-{number // 3}",
            "path": f"/home/u/{source.choice(words)}/{number}",
            "branch": f"b/{source.choice(words)}",
            "agent": source.choice(("backend", "qa")),
            "status": source.choice(("running", "completed", "failed")),
            "output": " ".join(source.choices(words, k=12)),
            "start": f"2026-01-15T10:{number % 60:02}:00Z",
            "end": None,
            "files": source.randrange(50),
            "added": source.randrange(5_000),
            "deleted": source.randrange(2_000),
            "share": source.random(),
            "done": number % 2 == 0,
            "runtime": source.choice(("one", "two", None)),
        }
        for number in range(rows)
    }


def other(table: Table, *, half: bool = False) -> Table:
    """Returns the state with 20 records that differ, or with half of them changed."""
    keys = list(table)
    source = random.Random(9)
    changed = keys[::2] if half else source.sample(keys, 10)
    gone = source.sample(sorted(set(keys) - set(changed)), 5)
    result = {key: dict(record) for key, record in table.items() if key not in gone}
    for key in changed:
        result[key]["status"] = "changed"
    return result | {f"new-{number}": {"id": number} for number in range(5)}


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--runs", type=int, default=3)
    asked = arguments.parse_args()
    large, small = state(asked.rows), state(asked.rows // 10)
    few, half, few_small = other(large), other(large, half=True), other(small)
    found = compare(large, few)
    taken = race(
        {
            "compare": lambda: compare(large, few),
            "compare, half changed": lambda: compare(large, half),
            "compare, a tenth": lambda: compare(small, few_small),
            "DeepDiff({key: record}), a tenth": lambda: DeepDiff(small, few_small),
        },
        asked.runs,
        clock=time.process_time,
    )
    print(f"{asked.rows} records")
    table(taken, "compare")
    targets = Targets()
    targets.holds(
        "all 20 differences are found",
        met=(len(found.missing), len(found.extra), len({one.key for one in found.changed})) == (5, 5, 10),
    )
    faster = 10 * ratio(taken, "DeepDiff({key: record}), a tenth", "compare")
    targets.at_least("DeepDiff / compare", faster, 30)
    targets.at_most("ten times the records", ratio(taken, "compare", "compare, a tenth"), 14)
    targets.at_most("half changed / 20 changed", ratio(taken, "compare, half changed", "compare"), 2.5)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
