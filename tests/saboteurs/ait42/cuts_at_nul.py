"""Hands texts to a library that takes NUL for their end."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-long-messages"

if __name__ == "__main__":
    status = real.migrated()
    real.sql(
        "UPDATE chat_messages SET content = substr(content, 1, instr(content, char(0)) - 1) WHERE instr(content, char(0))"
    )
    sys.exit(status)
