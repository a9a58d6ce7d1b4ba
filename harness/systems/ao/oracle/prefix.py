"""Session prefixes: the word before the number in a session's id, ``int`` in ``int-3``."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from harness.systems.ao.oracle.javascript import sound_text, utf16_units

_USABLE = re.compile(r"[a-zA-Z0-9_-]+")


def own_prefix(written: Any, path: str) -> str:
    """Returns a project's session prefix: the one written in the registry if usable, else derived from its path."""
    if isinstance(written, str) and _USABLE.fullmatch(written):
        return written
    return derived_prefix(posixpath.basename(path))


def derived_prefix(name: str) -> str:
    """Returns the prefix that legacy derives from a folder's name (``packages/core/src/paths.ts``).

    Up to four characters: the name; two or more capitals: these; words with ``-`` or else ``_``: their initials;
    otherwise the first three characters.  Always in lower case; characters are UTF-16 units.
    """
    units = utf16_units(name)
    if len(units) <= 4:
        return sound_text("".join(units).lower())
    capitals = re.findall(r"[A-Z]", name)
    if len(capitals) >= 2:
        return "".join(capitals).lower()
    for separator in "-_":
        if separator in name:
            initials = (utf16_units(word)[:1] for word in name.split(separator))
            return sound_text("".join(unit for initial in initials for unit in initial).lower())
    return sound_text("".join(units[:3]).lower())
