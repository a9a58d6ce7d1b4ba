"""Metrics and triggers that every migration is held to, whatever its system: what M-01 to M-09 ask of all.

A pack takes them all, so that none can be left out, and names the requirements of its own that they show too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.gate import Metric, Trigger, in_all_homes, in_no_home

_METRICS = (
    in_all_homes(
        "records-accounted",
        "homes whose every legacy record, file and other entry is named once, with its fate and what it loses",
        "M-04",
        "accounted-for",
        "losses-told",
        "report-is-honest",
        needs="reports",
    ),
    in_all_homes("ends-right", "homes on which every step ended as it must", "M-05 M-09", "ends-as-expected"),
    in_all_homes("reruns-idle", "second runs that changed nothing", "M-03", "rerun-is-noop"),
    in_all_homes(
        "dry-runs-clean", "dry runs that wrote nothing at all", "M-02", "dry-run-is-clean", needs="dry_run"
    ),
    in_all_homes(
        "refusals-clean", "refusals that left the home as it was, to the byte", "M-05", "refusal-is-clean"
    ),
    in_all_homes(
        "rollbacks-exact", "rollbacks that put every path back", "M-07", "home-restored", needs="rollback"
    ),
    in_all_homes(
        "interruptions-settled",
        "killed runs after which the next one ended where one clean run ends",
        "M-01 M-03",
        "same-as-clean-run",
    ),
    in_all_homes(
        "others-work-kept",
        "rollbacks after others' work that lost nothing of it and took back only what was migrated",
        "M-07",
        "rollback-keeps-new-work",
        "rollback-takes-back",
        needs="rollback",
    ),
    in_all_homes(
        "retention-kept",
        "prunes that removed nothing but backups whose time was over",
        "M-06",
        "retention-kept",
        needs="prune_now",
    ),
    in_all_homes(
        "backups-first",
        "migrations that kept whatever they changed as it was",
        "M-06",
        "backup-first",
        needs="backup",
    ),
    in_all_homes("user-only", "homes in which nothing was opened to others", "M-06", "kept-private"),
    in_all_homes(
        "alterations-noticed",
        "altered targets that verify noticed",
        "M-08",
        "verify-notices",
        needs="verify",
    ),
)
_TRIGGERS = (
    in_no_home(
        "legacy-touched",
        "legacy files and bystanders that a step changed",
        "M-02 M-05",
        "nothing-else-changes",
        "refusal-is-clean",
        "dry-run-is-clean",
    ),
    in_no_home(
        "rollback-inexact",
        "paths and rows that a rollback did not put back, or took that were not migrated",
        "M-07",
        "home-restored",
        "rollback-takes-back",
        needs="rollback",
    ),
)


def standard_metrics(shows: Mapping[str, str]) -> tuple[Metric, ...]:
    """Returns the metrics; `shows` maps the name of one to requirements of the system's own.

    Raises:
        KeyError: there is no metric of a name.
    """
    own = dict(shows)
    found = [replace(one, source=f"{own.pop(one.name, '')} {one.source}".strip()) for one in _METRICS]
    if own:
        raise KeyError(*own)
    return tuple(found)


def standard_triggers() -> tuple[Trigger, ...]:
    """Returns the triggers."""
    return _TRIGGERS
