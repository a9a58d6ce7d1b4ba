"""Success metrics and rollback triggers of the migration of AIT42 Editor to SQLite.

Upstream's own goals (`docs/sqlite-migration/`): data integrity 100 %, no orphaned instance or message, no invalid status,
downtime and rollbacks 0, consistency 99.9 % and more; a rollback at once where data is lost for more than 1 % of users
or more than 5 % of operations meet corruption.  A release gate over homes made for the purpose asks for all of them.
"""

from __future__ import annotations

from harness.gate import in_all_homes, in_no_home
from harness.standard_metrics import standard_metrics, standard_triggers

METRICS = (
    in_all_homes(
        "data-integrity",
        "homes whose every session, instance and message reached sessions.db, field for field",
        "A42-01 A42-03 M-08",
        "no-loss",
        "no-corruption",
    ),
    in_all_homes(
        "nothing-invented", "homes in which no row stands for nothing", "A42-03 A42-04", "no-invention"
    ),
    in_all_homes(
        "store-sound",
        "homes without orphans or invalid statuses, with true counts, and where a search finds what a scan finds",
        "A42-04 A42-05",
        "store-sound",
    ),
    in_all_homes(
        "dual-write-consistent",
        "homes on which clients of the store, killed ones too, lost nothing and left both sides saying the same",
        "A42-06",
        "acknowledged-is-kept",
        "answers-hold",
        "sides-agree",
        "untouched-stay",
        "drift-told",
        needs="store",
    ),
    in_all_homes(
        "work-written-back",
        "rollbacks after which the session files hold what was done in sessions.db, and else what they held",
        "A42-06",
        "rollback-writes-back",
        needs="write_back",
    ),
    in_all_homes(
        "purge-safe",
        "purges that took only session files which are wholly migrated and unchanged, and kept them",
        "A42-06 M-06",
        "purge-spares",
        needs="purge_now",
    ),
    *standard_metrics({"ends-right": "A42-04", "rollbacks-exact": "A42-06", "alterations-noticed": "A42-04"}),
)

TRIGGERS = (
    in_no_home(
        "data-lost",
        "sessions, instances or messages missing after a success, others' work lost by a rollback, backups pruned too early",
        "A42-03 M-04 M-06 M-07",
        "no-loss",
        "rollback-keeps-new-work",
        "retention-kept",
    ),
    in_no_home(
        "data-wrong",
        "rows invented or altered, a database that is damaged, miscounts or does not find",
        "A42-04 A42-05",
        "no-invention",
        "no-corruption",
        "store-sound",
    ),
    *standard_triggers(),
)
