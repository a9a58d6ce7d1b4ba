"""`num` of every session: unique in its project, the trailing number where that is possible.

The new daemon names its next session `<project>-<highest num + 1>`, so a made-up number continues from the top.
"""

import re
from collections.abc import Iterable

HIGHEST = 2**53 - 1
TRAILING = re.compile(r".*-([0-9]+)", re.DOTALL)
ALIAS = re.compile(r".*__from-[0-9a-f]{12}", re.DOTALL)


def own_number(sid: str, prefix: str) -> int | None:
    """N of `<prefix>-<n>`, written without leading zeros, from 1 to 2^53-1."""
    if not sid.startswith(prefix + "-"):
        return None
    digits = sid[len(prefix) + 1 :]
    if not re.fullmatch("[1-9][0-9]{0,15}", digits) or int(digits) > HIGHEST:
        return None
    return int(digits)


def claimed(sid: str, prefix: str) -> int | None:
    """The number that an id would like but has no right to: 0 for the orchestrator, else its last digits."""
    if sid == f"{prefix}-orchestrator":
        return 0
    match = TRAILING.fullmatch(sid)
    if not match or ALIAS.fullmatch(sid):
        return None
    digits = match[1].lstrip("0") or "0"
    return int(digits) if len(digits) <= 16 and int(digits) <= HIGHEST else None


def assign(
    sids: Iterable[str], prefix: str, used: dict[int, str]
) -> tuple[dict[str, int], set[str], dict[str, str]]:
    """Numbers by id, the ids whose number was made up, and the ids that cannot have theirs with its holder.

    `sids` come in the order of (created_at, id); `used` maps the numbers of the target's rows to their ids.
    """
    used = dict(used)
    numbers: dict[str, int] = {}
    taken: dict[str, str] = {}
    rest: list[str] = []
    for sid in sids:
        own = own_number(sid, prefix)
        if own is None:
            rest.append(sid)
        elif own in used:
            taken[sid] = used[own]
        else:
            used[own], numbers[sid] = sid, own
    homeless: list[str] = []
    for sid in sorted(rest, key=lambda sid: sid != f"{prefix}-orchestrator"):
        wish = claimed(sid, prefix)
        if wish is None or wish in used:
            homeless.append(sid)
        else:
            used[wish], numbers[sid] = sid, wish
    order = {sid: place for place, sid in enumerate(rest)}
    top = max(used, default=0)
    for place, sid in enumerate(sorted(homeless, key=order.__getitem__), 1):
        numbers[sid] = top + place
    return numbers, set(homeless), taken
