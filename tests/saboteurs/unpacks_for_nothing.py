"""Makes its folders before it looks whether there is anything to migrate."""

import sys

import real

CLAIM = "rerun-is-noop"
SCENARIO = "ao-nothing-to-migrate"

if __name__ == "__main__":
    status = real.run()
    if real.VERB == "migrate" and not (real.LEGACY / "config.yaml").exists():
        folder = real.STATE / "ao"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "last-run").unlink(missing_ok=True)
        (folder / "last-run").touch(0o600)
    sys.exit(status)
