"""Makes one dash of an emoji in a path, where Claude, which counts UTF-16 units, makes two."""

import sys

import real

from migrator.ao import transcripts

CLAIM = "no-stranding"
SCENARIO = "ao-varied"


def slug(path: str) -> str:
    return "".join(char if char.isascii() and (char.isalnum() or char == "-") else "-" for char in path)


if __name__ == "__main__":
    transcripts.slug = slug
    sys.exit(real.run())
