#!/usr/bin/env python3
"""The detection matrix with every fault: which way of injecting faults sees which mistake; some ten minutes on a quiet machine.

    python bench/matrix.py [MISTAKE ...] [--sample] [--level embedded]

Prints bad cases / cases tried for each mistake of `tests/variants/` and each way, and fails where a cell that must stay zero
does not, or one that must see the mistake does not see it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/unit/core"))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests/variants"))

from detection import FOLDER, MAY, MUST, Cell, cells, table

from harness.sandbox.choose import choose


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("mistakes", nargs="*")
    options.add_argument("--sample", action="store_true")
    options.add_argument("--level", default="embedded")
    asked = options.parse_args()
    rows: dict[tuple[str, str], dict[str, Cell]] = {}
    wrong: list[str] = []
    with choose(asked.level).open(support=FOLDER) as session:
        for key in MUST:
            if asked.mistakes and key[1] not in asked.mistakes:
                continue
            rows[key] = dict(cells(session, *key, every=not asked.sample))
            print(key[1], *(f"{name}: {cell}" for name, cell in rows[key].items()), sep="  ", flush=True)
            may = MAY.get(key[1], set())
            for name, cell in rows[key].items():
                if cell.void or bool(cell.bad) != (name in MUST[key] or (bool(cell.bad) and name in may)):
                    wrong.append(f"{key[1]}, {name}: {cell}, {cell.void} void {cell.first}")
    print(*table(rows), *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
