"""Reads prompts as text with universal line ends, so that those from Windows lose theirs."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ao-odd-records"
MENDED = "UPDATE sessions SET prompt = replace(prompt, char(13) || char(10), char(10))"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate":
        real.without_triggers([MENDED])
    sys.exit(status)
