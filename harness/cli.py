"""``harness``: the command line.  It parses, calls one command and turns known errors into plain sentences."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from harness.commands.exits import INTERRUPTED, UNKNOWN, USAGE
from harness.sandbox.channel import SandboxError

_EPILOG = """\
examples:
  harness list                                   what can be run
  harness run ao-clean --seed 7                  one scenario, repeatable
  harness run ao-clean --home runs/ao-clean/latest/smallest
                                                 over exactly the home of a stored case
  harness run ao-any-damage --home copy/ --user alice
                                                 over a copy of a user's home
  harness run ao-clean --profile my-tool.toml    your own migrator (docs/contract.md)
  harness judge runs/ao-clean/latest             judge a stored run again
  harness keep runs/ao-clean/latest              keep what failed there in the corpus
  harness gate ao                                all scenarios, one decision

exit status: 0 pass or release, 1 fail, 2 usage, 3 unknown, 130 interrupted; gate: 4 hold, 5 roll back
"""
_LEVELS = ("auto", "container", "embedded", "bubblewrap", "namespaces", "bare")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="harness",
        description="Shows, before a release, whether its state migration can lose, invent, corrupt or strand data.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_list(commands.add_parser("list", help="scenarios, claims, corruptions or actors, a line each"))
    _add_run(commands.add_parser("run", help="run one scenario and print its verdict"))
    judge = commands.add_parser("judge", help="judge a stored run again; nothing is run")
    judge.add_argument("run", help="a folder runs/<scenario>/<time> or runs/<scenario>/latest")
    judge.add_argument("--scenarios", default="scenarios", metavar="DIR", help="folder of the story's file")
    gate = commands.add_parser(
        "gate", help="run all scenarios of the systems and decide: release, hold, roll back"
    )
    gate.add_argument("systems", nargs="*", metavar="SYSTEM", help="default: all")
    gate.add_argument("--jobs", type=_positive, default=2, help="scenarios at a time (default 2)")
    _add_running(gate)
    _add_keep(
        commands.add_parser("keep", help="keep the smallest failing case of a stored run in the corpus")
    )
    _add_found(commands.add_parser("found", help="try every case of the corpus again"))
    commands.add_parser("image", help="build the container image of our own migrator")
    return parser


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", help="the name of a file in scenarios/, or a path to one")
    parser.add_argument(
        "--home", default="", metavar="DIR", help="a stored case, or a copy of a home: run over just that"
    )
    parser.add_argument(
        "--user", default="", metavar="NAME", help="whose home --home is (default: the folder's name)"
    )
    parser.add_argument(
        "--fault",
        default="",
        metavar="FAULT",
        help="of all faults only this: kill@42, ENOSPC@42, ENOSPC@42+, disk@96",
    )
    parser.add_argument(
        "--every-fault", action="store_true", help="all faults of the first step that has some, not a sample"
    )
    _add_running(parser)


def _add_keep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", help="a folder runs/<scenario>/<time> or runs/<scenario>/latest")
    parser.add_argument("--name", default="", help="of the entry (default: the scenario and its faults)")
    parser.add_argument(
        "--wrong", default="", metavar="FILE", help="a migrator of the tests that must fail on it"
    )
    _add_corpus(parser)


def _add_found(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", default="", metavar="FILE", help="the migrator under test (default: our own)"
    )
    parser.add_argument(
        "--sandbox", choices=_LEVELS, default="auto", help="default: the strongest that works here"
    )
    _add_corpus(parser)


def _add_list(parser: argparse.ArgumentParser) -> None:
    what = ("scenarios", "claims", "corruptions", "actors")
    parser.add_argument("what", nargs="?", choices=what, default="scenarios")
    parser.add_argument(
        "--scenarios", default="scenarios", metavar="DIR", help="folder of the scenario files"
    )


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpus", default="corpus", metavar="DIR", help="where found cases are (corpus/)")
    parser.add_argument(
        "--scenarios", default="scenarios", metavar="DIR", help="folder of the stories' files"
    )


def _add_running(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="the same seed draws the same homes (default 0)")
    parser.add_argument(
        "--cases", type=_positive, default=0, help="homes per scenario (default: what the file says)"
    )
    parser.add_argument(
        "--profile", default="", metavar="FILE", help="the migrator under test (default: our own)"
    )
    parser.add_argument(
        "--sandbox", choices=_LEVELS, default="auto", help="default: the strongest that works here"
    )
    parser.add_argument("--json", action="store_true", help="the result as JSON on stdout")
    parser.add_argument("--junit", default="", metavar="FILE", help="write the result as JUnit XML, too")
    parser.add_argument("--runs", default="runs", metavar="DIR", help="where runs are kept (default runs/)")
    parser.add_argument(
        "--scenarios", default="scenarios", metavar="DIR", help="folder of the scenario files"
    )


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)


_MODULES = {
    name: f"harness.commands.{name}" for name in ("run", "gate", "judge", "keep", "found", "image")
} | {"list": "harness.commands.listing"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line and returns the exit status; an unexpected error of the harness is *unknown*."""
    arguments = _parser().parse_args(argv)
    try:
        status = int(import_module(_MODULES[arguments.command]).main(arguments))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # as with `| head`: nobody reads on, and Python must not try once more as it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNKNOWN
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a crash of the harness says nothing about the migrator
        return _failed(error)


def _failed(error: Exception) -> int:
    """Returns the exit status for an error, which is told in one sentence where it is one of ours."""
    if isinstance(error, SandboxError):
        print(f"harness: no sandbox, so the verdict is unknown: {error}", file=sys.stderr)
        return UNKNOWN
    if isinstance(error, (ValueError, LookupError)) and type(error).__module__.startswith("harness."):
        print(f"harness: {error}", file=sys.stderr)
        return USAGE
    return _crashed(error)


def _crashed(error: Exception) -> int:
    import traceback  # noqa: PLC0415 - only needed here

    traceback.print_exception(error)
    print("harness: crashed; the verdict is unknown", file=sys.stderr)
    return UNKNOWN


if __name__ == "__main__":
    sys.exit(main())
