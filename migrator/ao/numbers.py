"""`num` of every session: unique in its project, the trailing number where that is possible.

The new daemon names its next session `<project>-<highest num + 1>`, so a made-up number continues from the top.
"""

import re
from collections.abc import Iterable

HIGHEST = 2**53 - 1
OWN, ORCHESTRATOR, OTHER = range(3)  # who may claim first


def _claim(sid: str, prefix: str) -> tuple[int, int | None]:
    """The rank of an id and the number it would like: N of `<prefix>-<n>`, 0, or its last digits."""
    if sid == f"{prefix}-orchestrator":
        return ORCHESTRATOR, 0
    match = re.fullmatch("(.*)-0*([0-9]{1,16})", sid)
    if not match or int(match[2]) > HIGHEST or re.fullmatch(".*__from-[0-9a-f]{12}", sid):
        return OTHER, None
    own = sid == f"{prefix}-{int(match[2])}" and int(match[2]) > 0  # without leading zeros
    return OWN if own else OTHER, int(match[2])


def assign(
    sids: Iterable[str], prefix: str, used: dict[int, str]
) -> tuple[dict[str, int], set[str], dict[str, str]]:
    """Numbers by id, the ids whose number was made up, and the ids that cannot have theirs with its holder.

    `sids` come in the order of (created_at, id); `used` maps the numbers of the target's rows to their ids.
    """
    used, numbers, taken = dict(used), dict[str, int](), dict[str, str]()
    claims = {sid: _claim(sid, prefix) for sid in sids}
    for sid, (rank, number) in sorted(claims.items(), key=lambda claim: claim[1][0]):
        if number is not None and number not in used:
            used[number], numbers[sid] = sid, number
        elif number is not None and rank == OWN:
            taken[sid] = used[number]
    made_up = [sid for sid in claims if sid not in numbers and sid not in taken]
    numbers |= {sid: number for number, sid in enumerate(made_up, max(used, default=0) + 1)}
    return numbers, set(made_up), taken
