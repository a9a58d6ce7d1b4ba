"""`python -m migrator` is the command `migrator`."""

import sys

from migrator.cli import main

sys.exit(main())
