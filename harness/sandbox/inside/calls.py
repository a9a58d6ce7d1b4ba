"""Which calls of a program change files, by their numbers, and what each of them is about.

What is written through a memory mapping is no call: only pictures show it.  What would go past these calls in other ways
(rings, asynchronous input and output, shared extents) a supervised program is told that this machine does not have.
"""

from __future__ import annotations

import os

# Numbers of x86-64: arch/x86/entry/syscalls/syscall_64.tbl.  What each call is about: d a directory's descriptor, p a
# path in it, q a path in the current folder, f a descriptor that is changed; the rest is left out.
CALLS: dict[int, tuple[str, str]] = {
    1: ("write", "f"),
    18: ("pwrite", "f"),
    20: ("writev", "f"),
    296: ("pwritev", "f"),
    328: ("pwritev", "f"),
    40: ("sendfile", "f"),
    326: ("copy", "--f"),
    275: ("splice", "--f"),
    76: ("truncate", "q"),
    77: ("truncate", "f"),
    285: ("allocate", "f"),
    74: ("fsync", "f"),
    75: ("fsync", "f"),
    306: ("syncfs", "f"),
    162: ("sync", ""),
    82: ("rename", "qq"),
    264: ("rename", "dpdp"),
    316: ("rename", "dpdp"),
    86: ("link", "qq"),
    265: ("link", "dpdp"),
    88: ("symlink", "-q"),
    266: ("symlink", "-dp"),
    87: ("unlink", "q"),
    263: ("unlink", "dp"),
    84: ("unlink", "q"),
    83: ("mkdir", "q"),
    258: ("mkdir", "dp"),
    133: ("mknod", "q"),
    259: ("mknod", "dp"),
    90: ("chmod", "q"),
    91: ("chmod", "f"),
    268: ("chmod", "dp"),
    452: ("chmod", "dp"),
    92: ("chown", "q"),
    93: ("chown", "f"),
    94: ("chown", "q"),
    260: ("chown", "dp"),
    132: ("utime", "q"),
    235: ("utime", "q"),
    261: ("utime", "dp"),
    280: ("utime", "dp"),
    188: ("xattr", "q"),
    189: ("xattr", "q"),
    190: ("xattr", "f"),
    197: ("xattr", "q"),
    198: ("xattr", "q"),
    199: ("xattr", "f"),
    463: ("xattr", "dp"),
    466: ("xattr", "dp"),
    85: ("open", "q"),
    2: ("open", "q"),
    257: ("open", "dp"),
    437: ("open", "dp"),
}
OPENING = {2: 1, 257: 2}  # counted only where they may make or empty a file; where the flags stand
OPEN_BY_STRUCT = 437  # openat2, whose flags are in memory
NAMELESS = 0o20000000  # the bit that O_TMPFILE has of its own: fcntl.h
MAKING = os.O_CREAT | os.O_TRUNC | NAMELESS
ALWAYS = frozenset(CALLS) - frozenset(OPENING)
WRITING = frozenset({"write", "writev", "pwrite", "pwritev", "sendfile", "copy", "splice"})
_NOT_THE_LINK = frozenset(
    {76, 90, 92, 132, 188, 197, 235, 261, 268}
)  # these follow a link at the end of a path
_BY_FLAGS = {
    260: 4,
    280: 3,
    452: 3,
    463: 2,
    466: 2,
}  # these unless AT_SYMLINK_NOFOLLOW is among the flags there
_NO_FOLLOW, _FOLLOW = 0x100, 0x400  # linux/fcntl.h: AT_SYMLINK_NOFOLLOW, AT_SYMLINK_FOLLOW
_LINK_AT = 265


def follows(call: int, words: list[int], flags: int) -> bool:
    """Tells whether a link at the end of the (first) path is followed; `flags` are those of an open."""
    if call in _BY_FLAGS:
        return not words[_BY_FLAGS[call]] & _NO_FOLLOW
    if call == _LINK_AT:
        return bool(words[4] & _FOLLOW)
    if CALLS[call][0] == "open":
        return not (flags & os.O_NOFOLLOW or (flags & os.O_CREAT and flags & os.O_EXCL))
    return call in _NOT_THE_LINK
