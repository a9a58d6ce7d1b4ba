"""Success metrics and rollback triggers of the Agent Orchestrator migration.

The numbers are those of the migration's own acceptance criteria (projects and non-terminated sessions inserted,
idempotent on re-run, clear refusals, a dry run without writes, transcripts relocated) and of the requirements M-04,
M-07 and M-08, which ask for 100 % and 0 throughout.
"""

from __future__ import annotations

from harness.gate import Metric, Trigger, findings_of, share_passing
from harness.standard_metrics import standard

METRICS = (
    Metric(
        name="records-migrated",
        sentence="homes whose every project and live session reached ao.db, field for field",
        unit="%",
        source="AO-02 AO-03 M-08",
        measure=share_passing("no-loss", "no-corruption"),
        at_least=100,
    ),
    Metric(
        name="sessions-resumable",
        sentence="homes whose every Claude transcript lies in the bucket of its new worktree",
        unit="%",
        source="AO-06",
        measure=share_passing("no-stranding"),
        at_least=100,
    ),
    standard("records-accounted"),
    standard("ends-right"),
    standard("reruns-idle"),
    standard("dry-runs-clean"),
    standard("refusals-clean", "AO-01"),
    standard("rollbacks-exact"),
    standard("interruptions-settled"),
    standard("others-work-kept"),
    standard("retention-kept"),
    standard("backups-first"),
    standard("user-only"),
    standard("alterations-noticed"),
)

TRIGGERS = (
    Trigger(
        name="data-lost",
        sentence="records or transcripts missing after a success, others' work lost by a rollback, backups pruned too early",
        unit="count",
        source="M-04 M-06 M-07 M-08",
        measure=findings_of("no-loss", "no-stranding", "rollback-keeps-new-work", "retention-kept"),
        limit=0,
    ),
    Trigger(
        name="data-wrong",
        sentence="records invented or altered, events fired that the target does not define",
        unit="count",
        source="AO-04 AO-08",
        measure=findings_of("no-invention", "no-corruption", "store-sound"),
        limit=0,
    ),
    Trigger(
        name="legacy-touched",
        sentence="legacy files and bystanders that a step changed",
        unit="count",
        source="M-02 M-05",
        measure=findings_of("nothing-else-changes", "refusal-is-clean", "dry-run-is-clean"),
        limit=0,
    ),
    Trigger(
        name="rollback-inexact",
        sentence="paths and rows that a rollback did not put back, or took that were not migrated",
        unit="count",
        source="M-07",
        measure=findings_of("home-restored", "rollback-takes-back"),
        limit=0,
        needs="rollback",
    ),
)
