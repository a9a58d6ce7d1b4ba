"""``harness image``: builds the container image of our own migrator, with a local base where none can be pulled."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.commands.exits import FAIL, PASS
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import Wanted
from harness.sandbox.image import TAG, ImageReady, engine_trouble, ensure_image


def make_ready(wanted: Wanted, image: str) -> Wanted:
    """Builds our own image when it is the one that a container would run, and returns the level to choose.

    Where an engine answers and the image cannot be built, an image of an older migrator may still be there; it must
    not be tested in the new one's place, so ``auto`` becomes ``embedded``.

    Raises:
        SandboxError: a container was wanted and its image cannot be built.
    """
    if wanted not in {"auto", "container"} or image != TAG or not Path("Dockerfile").is_file():
        return wanted
    outcome = ensure_image(context=Path.cwd(), say=_say)
    if isinstance(outcome, ImageReady) or engine_trouble():
        return wanted  # without an engine, choosing finds that out again and says so
    if wanted == "container":
        raise SandboxError(f"container: no image of this migrator: {outcome.reason}")
    _say(f"not container: no image of this migrator: {outcome.reason}")
    return "embedded"


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
