"""``harness image``: builds the container image of our own migrator, with a local base where none can be pulled."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.commands.exits import FAIL, PASS
from harness.sandbox.image import ImageReady, ensure_image


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main(arguments: argparse.Namespace) -> int:
    """Builds the image and returns 0, or 1 when it cannot be built (0 with ``--if-engine`` and no engine)."""
    outcome = ensure_image(context=Path.cwd(), say=_say)
    if isinstance(outcome, ImageReady):
        print(f"image {outcome.tag} is ready (on {outcome.base})")
        return PASS
    print(f"no image: {outcome.reason}")
    return PASS if arguments.if_engine and not outcome.engine_answers else FAIL
