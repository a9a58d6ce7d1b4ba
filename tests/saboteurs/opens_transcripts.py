"""Copies conversations with the mode that a plain copy gets: everybody on the machine may read them."""

import sys

import real

CLAIM = "kept-private"
SCENARIO = "ao-transcripts"

if __name__ == "__main__":
    before = real.transcripts()
    status = real.run()
    if real.VERB == "migrate":
        for path in real.new_transcripts(before):
            path.chmod(0o644)
    sys.exit(status)
