#!/usr/bin/env python3
"""Start-up of the migrator, as ratio to an empty Python in the same run; target: `--help` at most 4.

    python bench/startup.py [--runs 30]

The migrator is started thousands of times by the gate.  Bytecode is compiled first, as in the image.
"""

from __future__ import annotations

import compileall
import subprocess
import sys
from pathlib import Path

from measure import Targets, parser, race, ratio, table

PLAIN, HELP = "python -c pass", "migrator --help"
COMMANDS = {
    PLAIN: ["-c", "pass"],
    HELP: ["-m", "migrator", "--help"],
    "migrator ao status": ["-m", "migrator", "ao", "status", "--home", "/nonexistent"],
}
ROOT = Path(__file__).parents[1]


def start(words: list[str]) -> None:
    subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, check=False)


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=30)
    asked = arguments.parse_args()
    compileall.compile_dir(ROOT / "migrator", quiet=1)
    taken = race({name: lambda words=words: start(words) for name, words in COMMANDS.items()}, asked.runs)
    table(taken, PLAIN)
    targets = Targets()
    targets.at_most(f"{HELP} / {PLAIN}", ratio(taken, HELP, PLAIN), 4)
    return targets.status()


if __name__ == "__main__":
    sys.exit(main())
