"""Success metrics and rollback triggers of the Agent Orchestrator migration.

The numbers are those of the migration's own acceptance criteria (projects and non-terminated sessions inserted,
idempotent on re-run, clear refusals, a dry run without writes, transcripts relocated) and of the requirements M-04,
M-07 and M-08, which ask for 100 % and 0 throughout.
"""

from __future__ import annotations

from harness.gate import Metric, Trigger, findings_of, share_passing

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
    Metric(
        name="records-accounted",
        sentence="homes whose every legacy record is named once, with its fate",
        unit="%",
        source="M-04",
        measure=share_passing("accounted-for", "report-is-honest"),
        at_least=100,
        needs="reports",
    ),
    Metric(
        name="reruns-idle",
        sentence="second runs that changed nothing",
        unit="%",
        source="M-03",
        measure=share_passing("rerun-is-noop"),
        at_least=100,
    ),
    Metric(
        name="dry-runs-clean",
        sentence="dry runs that wrote nothing at all",
        unit="%",
        source="M-02",
        measure=share_passing("dry-run-is-clean"),
        at_least=100,
        needs="dry_run",
    ),
    Metric(
        name="refusals-clean",
        sentence="refusals that left the home as it was, to the byte",
        unit="%",
        source="AO-01 M-05",
        measure=share_passing("refusal-is-clean"),
        at_least=100,
    ),
    Metric(
        name="rollbacks-exact",
        sentence="rollbacks that put every path back",
        unit="%",
        source="M-07",
        measure=share_passing("home-restored"),
        at_least=100,
        needs="rollback",
    ),
    Metric(
        name="interruptions-settled",
        sentence="killed runs after which the next one ended where one clean run ends",
        unit="%",
        source="M-01 M-03",
        measure=share_passing("same-as-clean-run"),
        at_least=100,
    ),
    Metric(
        name="backups-first",
        sentence="migrations that kept whatever they changed as it was",
        unit="%",
        source="M-06",
        measure=share_passing("backup-first"),
        at_least=100,
        needs="backup",
    ),
    Metric(
        name="user-only",
        sentence="homes in which nothing was opened to others",
        unit="%",
        source="M-06",
        measure=share_passing("kept-private"),
        at_least=100,
    ),
    Metric(
        name="alterations-noticed",
        sentence="altered targets that verify noticed",
        unit="%",
        source="M-08",
        measure=share_passing("verify-notices"),
        at_least=100,
        needs="verify",
    ),
)

TRIGGERS = (
    Trigger(
        name="data-lost",
        sentence="records or transcripts missing after a reported success, new work lost by a rollback",
        unit="count",
        source="M-04 M-07 M-08",
        measure=findings_of("no-loss", "no-stranding", "rollback-keeps-new-work"),
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
        sentence="paths that a rollback did not put back",
        unit="count",
        source="M-07",
        measure=findings_of("home-restored"),
        limit=0,
        needs="rollback",
    ),
)
