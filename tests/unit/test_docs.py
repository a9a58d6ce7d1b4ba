"""The documentation says what is there: a module, claim or command that it forgets fails here."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.claims import CLAIMS

ROOT = Path(__file__).parents[2]


def modules() -> Iterator[str]:
    for package in ("harness", "migrator"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if path.name not in {"__init__.py", "__main__.py"}:
                yield path.relative_to(ROOT).as_posix()


def test_map_names_every_module_and_no_other() -> None:
    named = set(re.findall(r"`((?:harness|migrator)/[\w/]+\.py)`", (ROOT / "docs/map.md").read_text()))
    assert named == set(modules())


def test_readme_names_every_claim() -> None:
    text = (ROOT / "README.md").read_text()
    assert [name for name in CLAIMS if f"`{name}`" not in text] == []


@pytest.mark.parametrize("marker", ["gate", "tests"])
def test_readme_marks_the_command_that_automation_runs(marker: str) -> None:
    assert re.search(rf"<!-- {marker} -->\n```\w*\n.+\n```", (ROOT / "README.md").read_text())


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
