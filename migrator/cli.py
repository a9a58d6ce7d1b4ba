"""The command line: words in, report and exit status out. Imports wait until they are needed."""

import argparse
import gc
import os
import sys

from migrator.outcome import MEANING, Ending, Exit

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from migrator.progress import Say
    from migrator.report import Report

SYSTEMS = {
    "ao": ("migrator.ao", "legacy Agent Orchestrator -> ao.db of its successor, schema 12"),
    "ait42": ("migrator.ait42", "AIT42 editor's session history -> ~/.ait42/sessions.db"),
}
VERBS = {
    "inspect": "list what the legacy home holds",
    "plan": "show what migrate would do; writes nothing",
    "migrate": "back up, migrate, verify; safe to repeat",
    "verify": "compare the target with what was migrated",
    "rollback": "take out what migrate added; keep or export what others did since",
    "status": "say what was done so far, and which backups are kept until when",
    "prune": "remove backups and exports of finished runs, 30 days after their end or --keep-days",
    "store": "ait42: answer requests about sessions, one JSON object a line, on stdin and stdout",
}
EPILOG = """examples:
  python -m migrator ao plan                    what would happen, and what stands in the way
  python -m migrator ao migrate --dry-run       the same, with the exit status of a real run
  python -m migrator ao migrate                 do it; run it again after a crash, or whenever unsure
  python -m migrator ao rollback                take it back: byte for byte, or without what others did since
  python -m migrator ao prune --dry-run         which backups would go; without them there is no way back
  python -m migrator ao prune --keep-days 7     remove those of runs that ended a week ago or earlier
  python -m migrator ao migrate --home /srv/h --data-dir /srv/ao --json

environment: AO_DATA_DIR, AO_RUN_FILE, AO_GLOBAL_CONFIG, XDG_CONFIG_HOME, XDG_STATE_HOME (backups and journal
go to migrator/ in it), MIGRATION_REPORT (file for the report as JSON), MIGRATOR_DEBUG (show tracebacks)
"""


def _parser() -> argparse.ArgumentParser:
    systems = [f"  {name:9} {what}" for name, (_, what) in SYSTEMS.items()]
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
        "--dry-run", action="store_true", help="with migrate and prune: say everything, write nothing"
    )
    parser.add_argument(
        "--keep-days", type=int, metavar="N", help="with prune: keep what ended less than N days ago (30)"
    )
    parser.add_argument("--json", action="store_true", help="events and the report as JSON lines on stdout")
    ait42 = parser.add_argument_group("ait42 only")
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
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs one command; gives its exit status. Bad usage raises SystemExit(2)."""
    if (
        argv is None
    ):  # the process is ours: nothing in it makes cycles, and to look for them takes a tenth of the time
        gc.disable()
    parser = _parser()
    words = sys.argv[1:] if argv is None else argv
    given = parser.parse_args(words[1::-1] + words[2:] if words[:1] == ["store"] else words)
    if given.dry_run and given.verb not in {"migrate", "prune"}:
        parser.error("--dry-run goes with migrate and prune")
    if given.keep_days is not None and (given.verb != "prune" or not 0 <= given.keep_days <= 36500):
        parser.error("--keep-days goes with prune, and is a number of days from 0 to 36500")
    own = given.workspace or given.accept_mapping or given.strict or given.no_write_back
    if given.no_write_back and given.verb != "rollback":
        parser.error("--no-write-back goes with rollback")
    if (given.system == "ait42" and given.data_dir) or (given.system != "ait42" and own):
        parser.error(f"{given.system} does not take {'--data-dir' if given.data_dir else 'options of ait42'}")
    if given.verb == "store" and given.system != "ait42":
        parser.error("only ait42 has a store")
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
        what = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        report.message = f"Stopped ({what}); `status` says where things stand, and a repeat is safe."
    if given.verb != "store" or report.exit != Exit.DONE:
        deliver(report, as_json=given.json, path=os.environ.get("MIGRATION_REPORT"))
    return int(report.exit)


def _run(given: argparse.Namespace, report: "Report", say: "Say") -> None:
    from datetime import UTC, datetime  # noqa: PLC0415 - `--help` does not wait for it
    from importlib import import_module  # noqa: PLC0415 - as above

    from migrator import lifecycle, retention  # noqa: PLC0415 - as above

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
        system = module.system(given.home, os.environ, options)
    else:
        system = module.system(given.home, given.data_dir, os.environ)

    def clock() -> datetime:
        return datetime.now(UTC)

    if given.verb == "store":
        from migrator.ait42 import store  # noqa: PLC0415 - as above

        store.run(system.where, clock, sys.stdin, sys.stdout)
    elif given.verb in {"plan", "migrate"}:
        dry_run = given.dry_run or given.verb == "plan"
        lifecycle.migrate(system, report, say, dry_run=dry_run, clock=clock)
    elif given.verb == "rollback":
        lifecycle.rollback(system, report, say, clock=clock)
    elif given.verb == "prune":
        days = retention.DAYS if given.keep_days is None else given.keep_days
        retention.prune(system, report, say, days=days, dry_run=given.dry_run, clock=clock)
    elif given.verb == "status":
        retention.status(system, report, say)
    else:
        getattr(lifecycle, given.verb)(system, report, say)
