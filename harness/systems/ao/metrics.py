"""Success metrics and rollback triggers of the Agent Orchestrator migration.

The numbers are those of the migration's own acceptance criteria (projects and non-terminated sessions inserted,
idempotent on re-run, clear refusals, a dry run without writes, transcripts relocated) and of the requirements M-04,
M-07 and M-08, which ask for 100 % and 0 throughout.
"""

from __future__ import annotations

from harness.gate import in_all_homes, in_no_home
from harness.standard_metrics import standard_metrics, standard_triggers

METRICS = (
    in_all_homes(
        "records-migrated",
        "homes whose every project and live session reached ao.db, field for field",
        "AO-02 AO-03 M-08",
        "no-loss",
        "no-corruption",
    ),
    in_all_homes(
        "sessions-resumable",
        "homes whose every Claude transcript lies in the bucket of its new worktree",
        "AO-06",
        "no-stranding",
    ),
    *standard_metrics({"refusals-clean": "AO-01"}),
)

TRIGGERS = (
    in_no_home(
        "data-lost",
        "records or transcripts missing after a success, others' work lost by a rollback, backups pruned too early",
        "M-04 M-06 M-07 M-08",
        "no-loss",
        "no-stranding",
        "rollback-keeps-new-work",
        "retention-kept",
    ),
    in_no_home(
        "data-wrong",
        "records invented or altered, events fired that the target does not define",
        "AO-04 AO-08",
        "no-invention",
        "no-corruption",
        "store-sound",
    ),
    *standard_triggers(),
)
