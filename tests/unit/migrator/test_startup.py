"""`--help` is instant and teaches; a migration loads none of the harness's libraries."""

import os
import subprocess
import sys
import time
from pathlib import Path

from conftest import LegacyHome

HEAVY = ("deepdiff", "faker", "hypothesis", "msgspec", "docker", "harness")


def seconds(cache: Path, *words: str) -> float:
    """The quickest of several starts; the first one fills the folder of compiled modules."""
    best = 9.0
    env = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache), "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(7):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *words], check=True, stdout=subprocess.DEVNULL, env=env)
        best = min(best, time.perf_counter() - begin)
    return best


def test_help_costs_at_most_four_times_an_empty_python(tmp_path: Path) -> None:
    assert seconds(tmp_path, "-m", "migrator", "--help") <= 4 * seconds(tmp_path, "-c", "pass")


def test_help_names_every_exit_status_and_shows_examples() -> None:
    text = subprocess.run(
        [sys.executable, "-m", "migrator", "--help"], check=True, capture_output=True, text=True
    ).stdout
    for status in (0, 2, 3, 4, 5, 6):
        assert f"\n  {status}  " in text
    assert "migrate --dry-run" in text


def test_a_migration_loads_no_heavy_library(filled: LegacyHome) -> None:
    code = (
        "import sys; from migrator.cli import main; status = main(sys.argv[1:]);"
        f"print([name for name in {HEAVY!r} if name in sys.modules]); sys.exit(status)"
    )
    words = [sys.executable, "-c", code, "ao", "migrate", "--home", str(filled.root)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (4, "[]")


def test_yaml_is_loaded_only_to_read_a_configuration(filled: LegacyHome) -> None:
    code = "import sys; from migrator.cli import main; main(sys.argv[1:]); print('yaml' in sys.modules)"
    words = [sys.executable, "-c", code, "ao", "status", "--home", str(filled.root)]
    assert (
        subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()[-1] == "False"
    )
