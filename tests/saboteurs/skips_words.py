"""Keeps records in a table where some words are taken, and so loses sessions that are called by one."""

import sys
from collections.abc import Iterator

import real

from migrator.ao import sources

CLAIM = "no-loss"
SCENARIO = "ao-odd-records"
FIND = sources.find
TAKEN = {"constructor", "__proto__", "null", "true", "NaN"}


def most(root: str, config: str | None) -> Iterator[sources.Found]:
    return (found for found in FIND(root, config) if found.id not in TAKEN)


if __name__ == "__main__":
    sources.find = most
    sys.exit(real.run())
