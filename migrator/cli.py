"""The command line: words in, report and exit status out. Imports wait until they are needed."""

import argparse
import os

from migrator.outcome import MEANING, Attention, Exit, Failure, Refusal

TYPE_CHECKING = False  # typing itself is slow to import
if TYPE_CHECKING:
    from migrator.progress import Say
    from migrator.report import Report

SYSTEMS = {"ao": ("migrator.ao", "legacy Agent Orchestrator -> ao.db of its successor, schema 12")}
VERBS = {
    "inspect": "list what the legacy home holds",
    "plan": "show what migrate would do; writes nothing",
    "migrate": "back up, migrate, verify; safe to repeat",
    "verify": "compare the target with what was migrated",
    "rollback": "put everything back as it was before",
    "status": "say what was done so far",
}
EXAMPLES = """examples:
  python -m migrator ao plan                    what would happen, and what stands in the way
  python -m migrator ao migrate --dry-run       the same, with the exit status of a real run
  python -m migrator ao migrate                 do it; run it again after a crash, or whenever unsure
  python -m migrator ao rollback                take it back, byte for byte
  python -m migrator ao migrate --home /srv/h --data-dir /srv/ao --json

environment: AO_DATA_DIR, AO_RUN_FILE, AO_GLOBAL_CONFIG, XDG_CONFIG_HOME, XDG_STATE_HOME (backups and journal
go to migrator/ in it), MIGRATION_REPORT (file for the report as JSON), MIGRATOR_DEBUG (show tracebacks)
"""


def _parser() -> argparse.ArgumentParser:
    table = "\n".join(f"  {int(status)}  {meaning}" for status, meaning in MEANING.items())
    parser = argparse.ArgumentParser(
        prog="migrator",
        description="Moves the state of agent tools to their successors, with a verified backup and a way back.",
        epilog=f"{EXAMPLES}\nexit status:\n{table}\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    systems = parser.add_subparsers(dest="system", metavar="SYSTEM", required=True)
    for name, (_, what) in SYSTEMS.items():
        one = systems.add_parser(
            name,
            help=what,
            description=what,
            epilog="verbs:\n" + "\n".join(f"  {verb:9} {text}" for verb, text in VERBS.items()),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.add_argument("verb", choices=VERBS, metavar="VERB", help=", ".join(VERBS))
        one.add_argument("--home", metavar="DIR", help="the home to migrate (default: $HOME)")
        one.add_argument("--data-dir", metavar="DIR", help="the new system's data folder")
        one.add_argument("--dry-run", action="store_true", help="with migrate: say everything, write nothing")
        one.add_argument("--json", action="store_true", help="events and the report as JSON lines on stdout")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs one command; gives its exit status. Bad usage raises SystemExit(2)."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.dry_run and given.verb != "migrate":
        parser.error("--dry-run goes with migrate")
    home = given.home or os.environ.get("HOME")
    if not home or not os.path.isdir(home):
        parser.error(f"the home {home or '(HOME is not set)'} is not a folder")
    from migrator.progress import Say  # noqa: PLC0415 - `--help` does not wait for it
    from migrator.report import deliver  # noqa: PLC0415 - as above

    report = _answer(given, home, Say(as_json=given.json))
    deliver(report, as_json=given.json, path=os.environ.get("MIGRATION_REPORT"))
    return int(report.exit)


def _answer(given: argparse.Namespace, home: str, say: "Say") -> "Report":
    """The command's report, whatever happens; every error becomes one plain sentence."""
    from migrator.report import Report  # noqa: PLC0415 - `--help` does not wait for it

    report = Report(given.system, given.verb, dry_run=given.dry_run)
    try:
        return _run(given, home, say)
    except Refusal as refusal:
        report.exit, report.code, report.message = Exit.REFUSED, refusal.code, str(refusal)
    except Failure as failure:
        report.exit, report.message = Exit.FAILED, str(failure)
    except Attention as attention:
        report.exit, report.message = Exit.ATTENTION, str(attention)
    except (Exception, KeyboardInterrupt) as error:
        if os.environ.get("MIGRATOR_DEBUG"):
            raise
        report.exit = Exit.ATTENTION if given.verb in {"rollback", "verify"} else Exit.FAILED
        what = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        report.message = f"Stopped ({what}); `status` says where things stand, and a repeat is safe."
    return report


def _run(given: argparse.Namespace, home: str, say: "Say") -> "Report":
    from datetime import UTC, datetime  # noqa: PLC0415 - `--help` does not wait for it
    from importlib import import_module  # noqa: PLC0415 - as above

    from migrator import lifecycle  # noqa: PLC0415 - as above
    from migrator.journal import Store  # noqa: PLC0415 - as above

    system = import_module(SYSTEMS[given.system][0]).system(home, given.data_dir, os.environ)
    store = Store(system.state, system.target)
    if given.verb == "inspect":
        return lifecycle.inspect(system, say)
    if given.verb == "verify":
        return lifecycle.verify(system, store, say)
    if given.verb == "rollback":
        return lifecycle.rollback(system, store, say)
    if given.verb == "status":
        return lifecycle.status(system, store)
    dry_run = given.dry_run or given.verb == "plan"
    report = lifecycle.migrate(system, store, dry_run=dry_run, clock=lambda: datetime.now(UTC), say=say)
    report.verb = given.verb
    return report
