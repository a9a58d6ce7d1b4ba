"""Success metrics and rollback triggers of session-buddy's step from version 3 to version 4.

The deployment guide's own criteria: no existing data modified, all of version 4's tables, views and triggers there,
taxonomy and backfills complete, rollback safe.  The requirements ask for 100 % and 0 throughout.
"""

from __future__ import annotations

from harness.gate import in_all_homes, in_no_home
from harness.standard_metrics import standard_metrics, standard_triggers

METRICS = (
    in_all_homes(
        "version-3-untouched",
        "homes whose every older row, object and counter was as before, value for value",
        "SB-02",
        "only-adds",
    ),
    in_all_homes(
        "version-4-right",
        "homes whose objects, taxonomy and backfills are those of an independent computation",
        "SB-01 SB-04 SB-05 M-08",
        "no-loss",
        "no-invention",
        "no-corruption",
    ),
    in_all_homes(
        "version-4-works",
        "homes whose views show what the tables hold, and where session-buddy can write on",
        "SB-02 SB-03",
        "store-sound",
    ),
    in_all_homes(
        "questions-answered",
        "homes that answered every question as an independent computation does",
        "SB-08",
        "reads-answer",
        needs="query",
    ),
    in_all_homes(
        "views-in-time",
        "homes of the guide's reference load whose views came within the guide's limits",
        "SB-03",
        "reads-in-time",
        needs="query",
    ),
    *standard_metrics(
        {
            "ends-right": "SB-01 SB-07",
            "reruns-idle": "SB-04 SB-05",
            "rollbacks-exact": "SB-06",
            "others-work-kept": "SB-06",
        }
    ),
)

TRIGGERS = (
    in_no_home(
        "data-lost",
        "older rows changed or gone, rows missing after a success, others' work lost by a rollback, backups pruned too early",
        "SB-02 SB-06 M-04 M-06 M-07",
        "only-adds",
        "no-loss",
        "rollback-keeps-new-work",
        "retention-kept",
    ),
    in_no_home(
        "data-wrong",
        "hours, pairs, baselines or objects invented or wrong, a damaged database, views that mislead",
        "SB-03 SB-04 SB-05",
        "no-invention",
        "no-corruption",
        "store-sound",
    ),
    *standard_triggers(),
)
