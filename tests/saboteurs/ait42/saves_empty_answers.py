"""Takes the end of standard input for an answer, and saves it as the workspace for ever."""

import json
import sys

import real

CLAIM = "nothing-else-changes"
SCENARIO = "ait42-workspaces"

if __name__ == "__main__":
    status = real.migrated()
    unknown = [
        name
        for (name,) in real.sql("SELECT original FROM migration_issues WHERE reason = 'workspace-unknown'")
    ]
    if unknown:
        real.MAPPING.write_text(json.dumps(dict.fromkeys(unknown, "")))
    sys.exit(status)
