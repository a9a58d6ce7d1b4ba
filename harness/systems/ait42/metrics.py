"""Success metrics and rollback triggers of the migration of AIT42 Editor to SQLite.

Upstream's own goals (`docs/sqlite-migration/`): data integrity 100 %, no orphaned instance or message, no invalid status,
downtime and rollbacks 0, consistency 99.9 % and more; a rollback at once where data is lost for more than 1 % of users
or more than 5 % of operations meet corruption.  A release gate over homes made for the purpose asks for all of them.
"""

from __future__ import annotations

from harness.gate import Metric, Trigger, findings_of, share_passing
from harness.standard_metrics import standard

METRICS = (
    Metric(
        name="data-integrity",
        sentence="homes whose every session, instance and message reached sessions.db, field for field",
        unit="%",
        source="A42-01 A42-03 M-08",
        measure=share_passing("no-loss", "no-corruption"),
        at_least=100,
    ),
    Metric(
        name="nothing-invented",
        sentence="homes in which no row stands for nothing",
        unit="%",
        source="A42-03 A42-04",
        measure=share_passing("no-invention"),
        at_least=100,
    ),
    Metric(
        name="store-sound",
        sentence="homes without orphans or invalid statuses, with true counts, and where a search finds what a scan finds",
        unit="%",
        source="A42-04 A42-05",
        measure=share_passing("store-sound"),
        at_least=100,
    ),
    standard("records-accounted"),
    standard("ends-right", "A42-04"),
    standard("reruns-idle"),
    standard("dry-runs-clean"),
    standard("refusals-clean"),
    standard("rollbacks-exact", "A42-06"),
    standard("backups-first"),
    standard("user-only"),
    standard("alterations-noticed", "A42-04"),
)

TRIGGERS = (
    Trigger(
        name="data-lost",
        sentence="sessions, instances or messages missing after a reported success, new work lost by a rollback",
        unit="count",
        source="A42-03 M-04 M-07",
        measure=findings_of("no-loss", "rollback-keeps-new-work"),
        limit=0,
    ),
    Trigger(
        name="data-wrong",
        sentence="rows invented or altered, a database that is damaged, miscounts or does not find",
        unit="count",
        source="A42-04 A42-05",
        measure=findings_of("no-invention", "no-corruption", "store-sound"),
        limit=0,
    ),
    Trigger(
        name="legacy-touched",
        sentence="session files and bystanders that a step changed",
        unit="count",
        source="A42-06 M-02 M-05",
        measure=findings_of("nothing-else-changes", "refusal-is-clean", "dry-run-is-clean"),
        limit=0,
    ),
    Trigger(
        name="rollback-inexact",
        sentence="paths that a rollback did not put back",
        unit="count",
        source="A42-06 M-07",
        measure=findings_of("home-restored"),
        limit=0,
        needs="rollback",
    ),
)
