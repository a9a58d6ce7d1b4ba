"""The pack for ``session-buddy``: its skills database, brought from version 3 to version 4 in place."""
