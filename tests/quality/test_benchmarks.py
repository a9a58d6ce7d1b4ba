"""Each measurement runs to its end on almost nothing; whether its targets are met is not asked here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench"
SMALL = {
    "startup": "--runs 1",
    "backups": "--files 10 --runs 1",
    "snapshots": "--files 10 --rows 10 --runs 1",
    "differences": "--rows 200 --runs 1",
    "homes": "--sessions 100 --runs 1",
    "session_buddy": "--sizes 100 --runs 1",
    "stores": "--sessions 2 --requests 2",
}
LONG = {"gate", "sandboxes", "scale", "ait42", "faults", "matrix"}  # many processes, or rivals to start


def test_every_measurement_is_named_here() -> None:
    assert {path.stem for path in BENCH.glob("*.py")} == {*SMALL, *LONG, "measure"}


@pytest.mark.parametrize("name", SMALL)
def test_a_measurement_tells_its_targets_and_whether_they_were_met(name: str, tmp_path: Path) -> None:
    words = [sys.executable, str(BENCH / f"{name}.py"), *SMALL[name].split()]
    ended = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == ("MISSED" in ended.stdout), ended.stderr
    assert ended.stdout.count("met   ") + ended.stdout.count("MISSED") > 0
