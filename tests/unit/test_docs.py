"""The documentation says what is there: a module, claim or command that it forgets fails here.

``UPDATE_DOCS=1 pytest tests/unit/test_docs.py`` writes the map of the modules anew from their first sentences.
"""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.claims import CLAIMS

ROOT = Path(__file__).parents[2]
MAP = ROOT / "docs/map.md"
HEAD = """# What is where

A sentence for each module; data goes one way, from scenario to report:

scenario → draft (drawn state, damage) → home → case in a sandbox → history on disk → evidence (with the oracle's
answers) → claims → verdict → gate → report.

The core (`home`, `records`, `expectation`, `difference`, `corruption`, `history`, `claims`, `verdict`, `gate`) starts
no process and knows no engine and no generator; the oracle of a pack shares no code with its generator, and nothing
in `harness/` imports `migrator/`. Import contracts in `pyproject.toml` hold all of this.
"""


def folders() -> Iterator[tuple[str, list[Path]]]:
    for package in ("harness", "migrator"):
        for folder in sorted({path.parent for path in (ROOT / package).rglob("*.py")}):
            modules = sorted(p for p in folder.glob("*.py") if p.name not in {"__init__.py", "__main__.py"})
            yield folder.relative_to(ROOT).as_posix(), modules


def first_sentence(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


def map_text() -> str:
    parts = [HEAD]
    for folder, modules in folders():
        about = first_sentence(ROOT / folder / "__init__.py")
        parts.append(f"\n## {folder}/\n{about}\n")
        parts += [f"- `{path.relative_to(ROOT).as_posix()}`: {first_sentence(path)}\n" for path in modules]
    return "".join(parts)


def test_map_tells_of_every_module_what_the_module_says_of_itself() -> None:
    if os.environ.get("UPDATE_DOCS"):
        MAP.write_text(map_text())
    assert MAP.read_text() == map_text(), "UPDATE_DOCS=1 writes the map anew"


def test_every_module_says_what_it_is() -> None:
    silent = [path for _, modules in folders() for path in modules if not first_sentence(path)]
    assert silent == []


def test_readme_tells_of_every_claim_and_of_no_other() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert dict(rows) == {claim.name: claim.sentence for claim in CLAIMS.values()}


@pytest.mark.parametrize("marker", ["gate", "tests"])
def test_readme_marks_the_command_that_automation_runs(marker: str) -> None:
    assert re.search(rf"<!-- {marker} -->\n```\w*\n.+\n```", (ROOT / "README.md").read_text())


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))], ids=lambda p: p.name
)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target
