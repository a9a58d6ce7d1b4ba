"""The command line: words in, report and exit status out. Imports wait until they are needed."""

import argparse
import gc
import os
import sys

from migrator.outcome import MEANING, Ending, Exit, named

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from typing import Any

    from migrator.progress import Say
    from migrator.report import Report

SYSTEMS = {
    "ao": ("migrator.ao", "legacy Agent Orchestrator -> ao.db of its successor, schema 12"),
    "ait42": ("migrator.ait42", "AIT42 editor's session history -> ~/.ait42/sessions.db"),
    "session-buddy": ("migrator.session_buddy", "session-buddy's skills database, version 3 -> 4 in place"),
}
VERBS = {
    "inspect": "list what the legacy home holds",
    "plan": "show what migrate would do; writes nothing",
    "migrate": "back up, migrate, verify; safe to repeat",
    "verify": "compare the target with what was migrated",
    "rollback": "take out what migrate added; keep or export what others did since",
    "status": "say what was done so far, and which backups are kept until when",
    "prune": "remove backups and exports of finished runs, 30 days after their end or --keep-days",
    "purge": "ait42: move session files away, 30 days after they were migrated or --keep-days",
    "store": "ait42: answer requests about sessions, one JSON object a line, on stdin and stdout",
    "query": "session-buddy: answer questions that version 4 is for, one JSON object a line, on stdin and stdout",
}
ANSWERS = {
    "store": "ait42",
    "query": "session-buddy",
}  # verbs that serve until stdin ends, and whose they are
OWN = ANSWERS | {"purge": "ait42"}  # verbs that one system has
EPILOG = """examples:
  python -m migrator ao plan                    what would happen, and what stands in the way
  python -m migrator ao migrate --dry-run       the same, with the exit status of a real run
  python -m migrator ao migrate                 do it; run it again after a crash, or whenever unsure
  python -m migrator ao rollback                take it back: byte for byte, or without what others did since
  python -m migrator ao prune --dry-run         which backups would go; without them there is no way back
  python -m migrator ao prune --keep-days 7     remove those of runs that ended a week ago or earlier
  python -m migrator ao migrate --home /srv/h --data-dir /srv/ao --json
  python -m migrator session-buddy migrate --as-of 2026-03-01T12:00:00Z

environment: AO_DATA_DIR, AO_RUN_FILE, AO_GLOBAL_CONFIG, XDG_CONFIG_HOME, XDG_STATE_HOME (backups and journal
go to migrator/ in it), MIGRATION_REPORT (file for the report as JSON), MIGRATOR_DEBUG (show tracebacks)
"""


def _parser() -> argparse.ArgumentParser:
    systems = [f"  {name:13} {what}" for name, (_, what) in SYSTEMS.items()]
    verbs = [f"  {verb:9} {what}" for verb, what in VERBS.items()]
    table = [f"  {int(status)}  {meaning}" for status, meaning in MEANING.items()]
    parser = argparse.ArgumentParser(
        prog="migrator",
        description="Moves the state of agent tools to their successors, with a verified backup and a way back.",
        epilog="\n".join(["systems:", *systems, "\nverbs:", *verbs, f"\n{EPILOG}\nexit status:", *table]),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(
            prog, width=110
        ),  # fixed: no shutil
    )
    parser.add_argument("system", choices=SYSTEMS, metavar="SYSTEM", help="what to migrate, see below")
    parser.add_argument("verb", choices=VERBS, metavar="VERB", help=", ".join(VERBS))
    parser.add_argument("--home", metavar="DIR", help="the home to migrate (default: $HOME)")
    parser.add_argument("--data-dir", metavar="DIR", help="the new system's data folder")
    parser.add_argument(
        "--dry-run", action="store_true", help="with migrate, prune and purge: say everything, write nothing"
    )
    parser.add_argument(
        "--keep-days",
        type=int,
        metavar="N",
        help="with prune and purge: keep what ended less than N days ago (30)",
    )
    parser.add_argument("--json", action="store_true", help="events and the report as JSON lines on stdout")
    _ait42(parser.add_argument_group("ait42 only"))
    _session_buddy(parser.add_argument_group("session-buddy only"))
    return parser


def _ait42(ait42: argparse._ArgumentGroup) -> None:
    ait42.add_argument(
        "--workspace",
        action="append",
        metavar="HASH=PATH",
        help="the workspace of sessions/HASH.json; kept in the mapping",
    )
    ait42.add_argument(
        "--accept-mapping",
        action="append",
        metavar="HASH=PATH",
        help="take this path, though it gives another hash",
    )
    ait42.add_argument(
        "--no-write-back",
        action="store_true",
        help="with rollback: leave the JSON files as they are; what others did in the database is exported all the same",
    )
    ait42.add_argument("--strict", action="store_true", help="refuse when a workspace is not known")


def _session_buddy(buddy: argparse._ArgumentGroup) -> None:
    buddy.add_argument("--database", metavar="PATH", help="the skills database, wherever it lies")
    buddy.add_argument(
        "--as-of",
        type=_instant,
        metavar="INSTANT",
        help="bring what is computed to this instant, as 2026-03-01T12:00:00Z (without: now, and only with version 4)",
    )
    buddy.add_argument(
        "--taxonomy",
        choices=("strict", "full", "none"),
        help="what of the taxonomy goes in: what names known skills (the default), all, or nothing",
    )
    buddy.add_argument(
        "--naive-tz", type=_offset, metavar="OFFSET", help="what times without a zone mean, as +02:00 (UTC)"
    )
    buddy.add_argument("--all", action="store_true", help="hourly figures of all times, not of 30 days")
    buddy.add_argument(
        "--min-co-occurrence", type=int, metavar="N", help="sessions that make two skills a pair (5)"
    )
    buddy.add_argument("--no-backfill", action="store_true", help="leave the computed tables empty")
    buddy.add_argument(
        "--repair", action="store_true", help="make what version 4 lacks, turn old foreign keys right"
    )
    buddy.add_argument(
        "--import", dest="bring", metavar="FOLDER", help="put back what a rollback exported there"
    )


def _instant(text: str) -> object:
    from datetime import datetime  # noqa: PLC0415 - `--help` does not wait for it

    found = datetime.fromisoformat(text)
    if (
        found.tzinfo is None or not 1 < found.year < 9999
    ):  # so near to the ends another zone's year may have no name
        raise ValueError
    return found


def _offset(text: str) -> int:
    """Minutes east of Greenwich."""
    from datetime import datetime  # noqa: PLC0415 - as above

    offset = datetime.fromisoformat(f"2000-01-01T00:00:00{'Z' if text == 'UTC' else text}").utcoffset()
    if offset is None:
        raise ValueError
    return int(offset.total_seconds() // 60)


def main(argv: list[str] | None = None) -> int:
    """Runs one command; gives its exit status. Bad usage raises SystemExit(2)."""
    if (
        argv is None
    ):  # the process is ours: nothing in it makes cycles, and to look for them takes a tenth of the time
        gc.disable()
    parser = _parser()
    words = sys.argv[1:] if argv is None else argv
    given = parser.parse_args(words[1::-1] + words[2:] if words[:1] and words[0] in ANSWERS else words)
    if given.dry_run and given.verb not in {"migrate", "prune", "purge"}:
        parser.error("--dry-run goes with migrate, prune and purge")
    kept = given.verb in {"prune", "purge"}
    if given.keep_days is not None and not (kept and 0 <= given.keep_days <= 36500):
        parser.error("--keep-days goes with prune and purge, and is a number of days from 0 to 36500")
    _check_own(parser, given)
    if given.no_write_back and given.verb != "rollback":
        parser.error("--no-write-back goes with rollback")
    given.home = given.home or os.environ.get("HOME")
    if not given.home or not os.path.isdir(given.home):
        parser.error(f"the home {given.home or '(HOME is not set)'} is not a folder")
    from migrator.progress import Say  # noqa: PLC0415 - `--help` does not wait for it
    from migrator.report import Report, deliver  # noqa: PLC0415 - as above

    report = Report(given.system, given.verb, dry_run=given.dry_run)
    try:
        _run(given, report, Say(as_json=given.json))
    except Ending as end:
        report = Report(given.system, given.verb, dry_run=given.dry_run)
        report.exit, report.code, report.message = end.exit, end.code, str(end)
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("MIGRATOR_DEBUG"):
            raise
        report = Report(given.system, given.verb, dry_run=given.dry_run)
        report.exit = Exit.ATTENTION if given.verb in {"rollback", "verify"} else Exit.FAILED
        report.message = f"Stopped ({named(error)}); `status` says where things stand, and a repeat is safe."
    if given.verb not in ANSWERS or report.exit != Exit.DONE:
        deliver(report, as_json=given.json, path=os.environ.get("MIGRATION_REPORT"))
    return int(report.exit)


def _check_own(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    """Every option and verb is one of the system's."""
    named = {
        "ao": [given.data_dir],
        "ait42": [given.workspace, given.accept_mapping, given.strict, given.no_write_back],
        "session-buddy": [
            *(given.database, given.taxonomy, given.all, given.no_backfill, given.repair, given.bring),
            *(one is not None for one in (given.as_of, given.naive_tz, given.min_co_occurrence)),
        ],
    }
    for system, options in named.items():
        if system != given.system and any(options):
            parser.error(f"{given.system} does not take options of {system}")
    owner = OWN.get(given.verb, given.system)
    if given.system != owner:
        parser.error(f"only {owner} has the verb {given.verb}")
    if given.min_co_occurrence is not None and given.min_co_occurrence < 1:
        parser.error("--min-co-occurrence is 1 or more")


def _system(given: argparse.Namespace) -> "Any":
    """The migration that was asked for, of this home."""
    from datetime import UTC, datetime  # noqa: PLC0415 - `--help` does not wait for it
    from importlib import import_module  # noqa: PLC0415 - as above

    module = import_module(SYSTEMS[given.system][0])
    if given.system == "ait42":
        ask = given.verb == "migrate" and not given.dry_run and sys.stdin.isatty() and sys.stderr.isatty()
        options = module.Options(
            given.workspace or (),
            given.accept_mapping or (),
            strict=given.strict,
            ask=ask,
            write_back=not given.no_write_back,
        )
        return module.system(given.home, os.environ, options)
    if given.system == "session-buddy":
        return module.system(given.home, os.environ, module.options(given, datetime.now(UTC)))
    return module.system(given.home, given.data_dir, os.environ)


def _run(given: argparse.Namespace, report: "Report", say: "Say") -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 - `--help` does not wait for it
    from importlib import import_module  # noqa: PLC0415 - as above

    from migrator import lifecycle, retention, way_back  # noqa: PLC0415 - as above

    system = _system(given)

    def clock() -> datetime:
        return datetime.now(UTC)

    system.database.tick = say.tick
    if given.verb == "store":
        from migrator.ait42 import store  # noqa: PLC0415 - as above

        store.run(system.where, clock, sys.stdin, sys.stdout)
    elif given.verb == "query":
        from migrator.session_buddy.query import run  # noqa: PLC0415 - as above

        run(system, sys.stdin, sys.stdout)
    elif given.verb in {"plan", "migrate"}:
        dry_run = given.dry_run or given.verb == "plan"
        lifecycle.migrate(system, report, say, dry_run=dry_run, clock=clock)
    elif given.verb == "rollback":
        way_back.rollback(system, report, say, clock=clock)
    elif given.verb in {"prune", "purge"}:
        days = retention.DAYS if given.keep_days is None else given.keep_days
        act = retention.prune if given.verb == "prune" else import_module("migrator.ait42.purging").purge
        act(system, report, say, days=days, dry_run=given.dry_run, clock=clock)
    elif given.verb == "status":
        retention.status(system, report, say)
    else:
        getattr(lifecycle, given.verb)(system, report, say)
