"""``harness image``: builds the container image of our own migrator, with a local base where none can be pulled."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.commands.exits import FAIL, PASS
from harness.sandbox.image import TAG, ImageReady, ensure_image


def make_ready(wanted: str, image: str) -> None:
    """Builds our own image when it is the one that a container would run, so that no old migrator is tested.

    What stands in the way is not told here: choosing a sandbox finds it out again and says so.
    """
    if wanted in {"auto", "container"} and image == TAG and Path("Dockerfile").is_file():
        ensure_image(context=Path.cwd(), say=_say)


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def main(_: argparse.Namespace) -> int:
    """Builds the image and returns 0, or 1 when it cannot be built."""
    outcome = ensure_image(context=Path.cwd(), say=_say)
    if isinstance(outcome, ImageReady):
        print(f"image {outcome.tag} is ready (on {outcome.base})")
        return PASS
    print(f"no image: {outcome.reason}")
    return FAIL
