"""The commands behind ``harness``: one module each, a function from parsed arguments to an exit status."""
