"""A new run clears away what runs that were taken back have left, exports among it."""

import shutil
import sys

import real

CLAIM = "others-work-is-somewhere"
SCENARIO = "ao-long-life"
CASES = "60"

if __name__ == "__main__":
    before = real.runs()
    status = real.run()
    if real.VERB == "migrate" and status in {0, 4} and real.runs() != before:
        for run in before:
            if (run / "export").is_dir():
                shutil.rmtree(run)
    sys.exit(status)
