"""Cuts messages to the 10,000 characters that the seed's schema allows."""

import sys

import real

CLAIM = "no-corruption"
SCENARIO = "ait42-long-messages"

if __name__ == "__main__":
    status = real.migrated()
    real.sql("UPDATE chat_messages SET content = substr(content, 1, 10000) WHERE length(content) > 10000")
    sys.exit(status)
