#!/usr/bin/env python3
"""Start-up of the migrator, as ratio to an empty Python in the same run; target: `--help` at most 4.

    python bench/startup.py [--runs 30]

The migrator is started thousands of times by the gate.  Bytecode is compiled first, as in the image.
"""

from __future__ import annotations

import argparse
import compileall
import statistics
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "migrator --help": ["-m", "migrator", "--help"],
    "migrator ao status": ["-m", "migrator", "ao", "status", "--home", "/nonexistent"],
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=30)
    asked = parser.parse_args()
    compileall.compile_dir(Path(__file__).parents[1] / "migrator", quiet=1)
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(asked.runs + 1):
        for name, words in COMMANDS.items():
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
            taken[name].append(time.perf_counter() - began)
    plain = statistics.median(taken["python -c pass"][1:])
    for name, times in taken.items():
        middle = statistics.median(times[1:])
        print(f"{name:20} {middle * 1e3:6.1f} ms   x{middle / plain:5.2f}")


if __name__ == "__main__":
    main()
