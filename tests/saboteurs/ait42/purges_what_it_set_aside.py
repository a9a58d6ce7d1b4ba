"""Purges every session file that a run has read, also one of which it set a session aside."""

import sys

import real

CLAIM = "purge-spares"
SCENARIO = "ait42-purge"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "purge" and "--keep-days" in sys.argv and status == 0:
        for run in real.STATE.glob("ait42/0*"):
            for name, _ in list(real.session_files()):
                (run / "legacy").mkdir(mode=0o700, exist_ok=True)
                (real.SESSIONS / f"{name}.json").rename(run / "legacy" / f"{name}.json")
    sys.exit(status)
