"""Keeps to the session that the database holds newer, and never says that the file told something else."""

import sys

import real

CLAIM = "losses-told"
SCENARIO = "ait42-used-target"

if __name__ == "__main__":
    status = real.run()
    if real.VERB in {"migrate", "dry_run"}:
        real.edit_report(
            lambda report: report.update(
                notes=[note for note in report["notes"] if note["reason"] != "kept-newer"]
            )
        )
    sys.exit(status)
