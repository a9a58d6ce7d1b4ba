"""Reads the legacy files once and never asks whether they changed meanwhile: what is written during a run is lost unsaid."""

import sys

import real

from migrator.ao import Orchestrator

CLAIM = "others-writes-told"
SCENARIO = "ao-written-meanwhile"

if __name__ == "__main__":
    Orchestrator.changed_meanwhile = lambda _self: []  # type: ignore[method-assign]
    sys.exit(real.run())
