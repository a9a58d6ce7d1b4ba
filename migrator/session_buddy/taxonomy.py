"""The taxonomy that version 4 begins with: categories, what some skills take and give, and pairs known to go together.

`scripts/initialize_taxonomy.py` of lesleslie/session-buddy; the descriptions are ours. What is there already stays.
"""

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

from migrator.system import Record

CATEGORIES = (
    ("Code Quality", "code", "Skills that judge and improve the quality of code"),
    ("Testing", "testing", "Skills that run tests and look at what they cover"),
    ("Documentation", "documentation", "Skills that write and build documentation"),
    ("Build & Deploy", "deployment", "Skills that build, pack and deliver software"),
    ("Git & Version Control", "code", "Skills that keep the history of a project"),
    ("Linting & Formatting", "code", "Skills that check and settle the style of code"),
)
MODALITIES = (
    ("ruff-check", "code", "python_source", "diagnostics", 0),
    ("pytest-run", "testing", "python_tests", "test_results", 0),
    ("sphinx-build", "documentation", "rst_docs", "html_docs", 1),
    ("docker-build", "deployment", "dockerfile", "docker_image", 0),
)
DEPENDENCIES = (
    ("ruff-check", "black-format", 3.5),
    ("pytest-run", "coverage-report", 2.8),
    ("git-commit", "git-push", 4.2),
    ("docker-build", "k8s-deploy", 2.1),
)

# A pair has no direction.
PAIR = "(skill_a, skill_b) IN (VALUES (:skill_a, :skill_b), (:skill_b, :skill_a))"


class Entry(NamedTuple):
    """One entry: `skills` are those that it names, `same` finds it in its table."""

    kind: str
    name: str
    skills: tuple[str, ...]
    table: str
    values: dict[str, Any]
    same: str


def entries(stamp: str) -> Iterator[Entry]:
    """All entries in the order in which they are stored, as of the time `stamp`."""
    values: dict[str, Any]
    for name, domain, about in CATEGORIES:
        values = {"category_name": name, "description": about, "domain": domain, "created_at": stamp}
        yield Entry("category", name, (), "skill_categories", values, "category_name = :category_name")
    for skill, kind, takes, gives, review in MODALITIES:
        values = {"skill_name": skill, "modality_type": kind, "input_format": takes, "output_format": gives}
        values |= {"requires_human_review": review, "created_at": stamp}
        yield Entry("modality", skill, (skill,), "skill_modalities", values, "skill_name = :skill_name")
    for one, other, lift in DEPENDENCIES:
        values = {"skill_a": one, "skill_b": other, "co_occurrence_count": 1}
        values |= {"lift_score": lift, "last_updated": stamp}
        yield Entry("dependency", f"{one}+{other}", (one, other), "skill_dependencies", values, PAIR)


def initialise(db: sqlite3.Connection, stamp: str, source: str, *, strict: bool) -> Iterator[Record]:
    """Every entry is there, but, if `strict`, for those that name a skill that nobody used; gives their fates.

    The detail of a fate names the skills that nobody used.
    """
    for entry in entries(stamp):
        record = Record("taxonomy", f"{source}#taxonomy/{entry.kind}/{entry.name}", entry.name, "present")
        unknown = [skill for skill in entry.skills if not _known(db, skill)]
        if db.execute(f"SELECT 1 FROM {entry.table} WHERE {entry.same}", entry.values).fetchone():
            yield record._replace(detail=", ".join(unknown))
        elif strict and unknown:
            yield record._replace(outcome="skipped", reason="skill-unknown", detail=", ".join(unknown))
        else:
            names, marks = ", ".join(entry.values), ", ".join(f":{name}" for name in entry.values)
            db.execute(f"INSERT INTO {entry.table} ({names}) VALUES ({marks})", entry.values)
            yield record._replace(outcome="migrated", detail=", ".join(unknown))


def _known(db: sqlite3.Connection, skill: str) -> bool:
    return db.execute("SELECT 1 FROM skill_metrics WHERE skill_name = ?", (skill,)).fetchone() is not None
