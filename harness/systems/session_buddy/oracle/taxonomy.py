"""The taxonomy that version 4 begins with: 6 categories, 4 modalities and 4 dependencies (`initialize_taxonomy.py`).

A modality or dependency is only stored where all its skills are known, unless all of them are asked for; what is
there already stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from harness.expectation import Fate
from harness.records import Record, Some, Table

CATEGORIES = {
    "Code Quality": "code",
    "Testing": "testing",
    "Documentation": "documentation",
    "Build & Deploy": "deployment",
    "Git & Version Control": "code",
    "Linting & Formatting": "code",
}
"""Each category's domain, in the order of their ids."""
MODALITIES = {
    "ruff-check": ("code", "python_source", "diagnostics", 0),
    "pytest-run": ("testing", "python_tests", "test_results", 0),
    "sphinx-build": ("documentation", "rst_docs", "html_docs", 1),
    "docker-build": ("deployment", "dockerfile", "docker_image", 0),
}
"""For each skill its modality, what it reads, what it writes, and whether somebody has to look at that."""
DEPENDENCIES = {
    ("ruff-check", "black-format"): 3.5,
    ("pytest-run", "coverage-report"): 2.8,
    ("git-commit", "git-push"): 4.2,
    ("docker-build", "k8s-deploy"): 2.1,
}
"""The lift of each pair; a pair has no direction."""


def categories(there: Table, now: str, *, numbered: bool) -> dict[str, Record]:
    """Returns the categories that are new, by name; `numbered` when the table has never given an id out."""
    rows: dict[str, Record] = {}
    for number, (name, domain) in enumerate(CATEGORIES.items(), 1):
        if name not in there:
            rows[name] = {
                "category_id": number if numbered else Some("int"),
                "category_name": name,
                "parent_category_id": None,
                "description": Some("str"),
                "domain": domain,
                "created_at": now,
            }
    return rows


def modalities(
    there: Collection[str], skills: Collection[object], now: str, *, full: bool = False
) -> dict[str, Record]:
    """Returns the modalities that are new, by skill; with `full` those of unknown skills too."""
    return {
        skill: {
            "skill_name": skill,
            "modality_type": kind,
            "input_format": reads,
            "output_format": writes,
            "requires_human_review": review,
            "created_at": now,
        }
        for skill, (kind, reads, writes, review) in MODALITIES.items()
        if (full or skill in skills) and skill not in there
    }


def dependencies(
    there: Mapping[tuple[object, object], Record],
    skills: Collection[object],
    now: str,
    *,
    full: bool = False,
) -> dict[tuple[object, object], Record]:
    """Returns the pairs that are new, by their two skills; with `full` those of unknown skills too."""
    return {
        (one, other): {
            "skill_a": one,
            "skill_b": other,
            "co_occurrence_count": 1,
            "lift_score": lift,
            "last_updated": now,
        }
        for (one, other), lift in DEPENDENCIES.items()
        if (full or {one, other} <= set(skills)) and not {(one, other), (other, one)} & there.keys()
    }


def fates(source: str, new: Collection[str], there: Collection[str]) -> Iterator[Fate]:
    """Yields the fate of each of the 14: stored by this run, there before it, or of skills that nobody knows."""
    pairs = [f"{one}+{other}" for one, other in DEPENDENCIES]
    parts = {"category": list(CATEGORIES), "modality": list(MODALITIES), "dependency": pairs}
    for part, names in parts.items():
        for name in names:
            place = f"{source}#taxonomy/{part}/{name}"
            if name in new:
                yield Fate("taxonomy", place, name, "migrated")
            elif name in there:
                yield Fate("taxonomy", place, name, "present")
            else:
                yield Fate("taxonomy", place, name, "skipped", "skill-unknown")
