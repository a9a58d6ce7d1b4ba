"""Writes into the session files although it was told to leave them as they are."""

import sys

import real

CLAIM = "home-restored"
SCENARIO = "ait42-rollback-exact-files"

if __name__ == "__main__":
    sys.argv = [word for word in sys.argv if word != "--no-write-back"]
    sys.exit(real.run())
