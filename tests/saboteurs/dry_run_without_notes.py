"""Notes what is lost on the way only when it loses it: a dry run foretells a smoother run than the real one."""

import sys

import real

CLAIM = "dry-run-tells-the-truth"
SCENARIO = "ao-odd-records"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "dry_run" and status in {0, 4}:
        real.edit_report(lambda report: report["notes"].clear())
    sys.exit(status)
