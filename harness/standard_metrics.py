"""Metrics that every migration has to meet, whatever its system: what the requirements M-01 to M-09 ask of all.

A pack takes those that its scenarios can show by name, and adds the requirements of its own that they show too.
"""

from __future__ import annotations

from dataclasses import replace

from harness.gate import Metric, share_passing


def _share(name: str, sentence: str, source: str, *claims: str, needs: str = "") -> Metric:
    return Metric(name, sentence, "%", source, share_passing(*claims), at_least=100, needs=needs)


_ALL = (
    _share(
        "records-accounted",
        "homes whose every legacy record, file and other entry is named once, with its fate",
        "M-04",
        "accounted-for",
        "report-is-honest",
        needs="reports",
    ),
    _share("ends-right", "homes on which every step ended as it must", "M-05 M-09", "ends-as-expected"),
    _share("reruns-idle", "second runs that changed nothing", "M-03", "rerun-is-noop"),
    _share(
        "dry-runs-clean", "dry runs that wrote nothing at all", "M-02", "dry-run-is-clean", needs="dry_run"
    ),
    _share(
        "refusals-clean", "refusals that left the home as it was, to the byte", "M-05", "refusal-is-clean"
    ),
    _share(
        "rollbacks-exact", "rollbacks that put every path back", "M-07", "home-restored", needs="rollback"
    ),
    _share(
        "interruptions-settled",
        "killed runs after which the next one ended where one clean run ends",
        "M-01 M-03",
        "same-as-clean-run",
    ),
    _share(
        "others-work-kept",
        "rollbacks after others' work that lost nothing of it and took back only what was migrated",
        "M-07",
        "rollback-keeps-new-work",
        "rollback-takes-back",
        needs="rollback",
    ),
    _share(
        "retention-kept",
        "prunes that removed nothing but backups whose time was over",
        "M-06",
        "retention-kept",
        needs="prune_now",
    ),
    _share(
        "backups-first",
        "migrations that kept whatever they changed as it was",
        "M-06",
        "backup-first",
        needs="backup",
    ),
    _share("user-only", "homes in which nothing was opened to others", "M-06", "kept-private"),
    _share(
        "alterations-noticed",
        "altered targets that verify noticed",
        "M-08",
        "verify-notices",
        needs="verify",
    ),
)
STANDARD = {metric.name: metric for metric in _ALL}


def standard(name: str, *shows: str) -> Metric:
    """Returns a metric of this list, its source widened by the system's own requirements."""
    metric = STANDARD[name]
    return replace(metric, source=" ".join((*shows, metric.source)))
