"""Stores the whole taxonomy with foreign keys off, whether its skills are known or not."""

import sys

import real

CLAIM = "store-sound"
SCENARIO = "session-buddy-clean"

if __name__ == "__main__":
    status = real.migrated()

    for one, other in (
        ("ruff-check", "black-format"),
        ("git-commit", "git-push"),
        ("docker-build", "k8s-deploy"),
    ):
        real.sql("INSERT OR IGNORE INTO skill_dependencies VALUES (?, ?, 1, 3.5, ?)", one, other, real.NOW)

    sys.exit(status)
