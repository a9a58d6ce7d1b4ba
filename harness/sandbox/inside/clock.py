"""The wall clock as a supervised program reads it: from some moment on it is ahead of the kernel's, or behind it.

Programs read the clock without a call, from a page that the kernel shows them (the vDSO).  Where a program starts, that page
is taken out of what it is told of its surroundings (the auxiliary vector), so it has to call, and the answer can be another.
Times that the kernel itself writes, such as those of files, stay true.
"""

from __future__ import annotations

import struct
import time

from harness.sandbox.inside.tracing import Registers, memory, put, registers

CLOCK_CALLS = frozenset({228, 96, 201})
"""clock_gettime, gettimeofday, time: arch/x86/entry/syscalls/syscall_64.tbl."""
_GET_CLOCK, _GET_DAY = 228, 96
_WALL = frozenset({0, 5, 11})  # CLOCK_REALTIME, CLOCK_REALTIME_COARSE, CLOCK_TAI: linux/time.h
_SHOWN_PAGE, _IGNORED = 33, 1  # AT_SYSINFO_EHDR, AT_IGNORE: linux/auxvec.h
_STACK = 1 << 18  # bytes above the stack pointer of a program that starts: words, variables, the vector
_SECOND = 10**9
_NONE = 0xFFFFFFFFFFFFFFFF  # the number of no call


class Clock:
    """A clock that goes right until it is `step`ped by so many seconds."""

    def __init__(self) -> None:
        self._ahead: int | None = None

    def step(self, seconds: int) -> None:
        """From now on it is that far ahead, or behind where that is less than 0."""
        self._ahead = seconds

    def answers(self, pid: int, regs: Registers) -> bool:
        """Tells whether a stopped process asks for the wall clock; then it has its answer, in `regs` too, and no call is made."""
        if self._ahead is None or regs.orig_rax not in CLOCK_CALLS:
            return False
        if regs.orig_rax == _GET_CLOCK and regs.rdi & 0xFFFFFFFF not in _WALL:
            return False
        whole, rest = divmod(time.time_ns() + self._ahead * _SECOND, _SECOND)
        if regs.orig_rax == _GET_CLOCK:
            put(pid, regs.rsi, struct.pack("qq", whole, rest))
        elif regs.orig_rax == _GET_DAY:
            if regs.rdi:
                put(pid, regs.rdi, struct.pack("qq", whole, rest // 1000))
        elif regs.rdi:
            put(pid, regs.rdi, struct.pack("q", whole))
        regs.rax = whole if regs.orig_rax not in {_GET_CLOCK, _GET_DAY} else 0
        regs.orig_rax = _NONE
        return True


def hide_shown_page(pid: int) -> None:
    """A process that has just been given its program finds no page to read the clock from."""
    start = registers(pid).rsp
    found = memory(pid, start, _STACK)
    words = struct.unpack(f"{len(found) // 8}Q", found[: len(found) // 8 * 8])
    place = words[0] + 2  # past the count, the words and the zero after them
    place = words.index(0, place) + 1  # past the variables
    while place + 1 < len(words) and words[place]:
        if words[place] == _SHOWN_PAGE:
            put(pid, start + 8 * place, struct.pack("Q", _IGNORED))
        place += 2
