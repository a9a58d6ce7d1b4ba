"""Keeps underscores and dots in the bucket's name, as an old release of the legacy tool did."""

import sys

import real

CLAIM = "no-stranding"
SCENARIO = "ao-transcripts"

if __name__ == "__main__":
    before = real.transcripts()
    status = real.run()
    if real.VERB == "migrate":
        for path in real.new_transcripts(before):
            bucket = path.parent.with_name(path.parent.name.replace("-ao-data-", ".ao-data-"))
            bucket.mkdir(exist_ok=True)
            path.rename(bucket / path.name)
    sys.exit(status)
