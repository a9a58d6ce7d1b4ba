"""The kernel's part of supervising a program: a filter that stops it before chosen calls, and its registers and memory.

For x86-64 Linux; needs no privilege, no compiler and no package (ptrace and a seccomp filter, by ctypes).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal
import struct
from collections.abc import Collection, Mapping

TRACE_ME, CONTINUE, KILL, _GET_REGS, _SET_REGS, TO_EXIT = 0, 7, 8, 12, 13, 24  # sys/ptrace.h
_SET_OPTIONS, _GET_MESSAGE = 0x4200, 0x4201
_CALL_BIT, _FORK, _VFORK, _CLONE, _EXEC, _SECCOMP, _KILL_ON_EXIT = 1, 2, 4, 8, 16, 1 << 7, 1 << 20
OPTIONS = _CALL_BIT | _FORK | _VFORK | _CLONE | _EXEC | _SECCOMP | _KILL_ON_EXIT
CALL_EXIT, FILTERED, EXECUTED = (
    signal.SIGTRAP | 0x80,
    7,
    4,
)  # what a stop says: a call returned; the event's number
EVERY_CHILD = 0x40000000  # __WALL
_ALLOW, _STOP, _ABSENT = 0x7FFF0000, 0x7FF00000, 0x00050000 | 38  # linux/seccomp.h; ENOSYS
_X86_64, _X32 = 0xC000003E, 0x40000000  # linux/audit.h; calls of the other table begin here
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_SET_FILTER = (22, 2)  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
_RINGS, _ASYNCHRONOUS = (
    425,
    206,
)  # io_uring_setup, io_setup: what goes through them stops nowhere, so there are none
_CONTROL, _SHARE = (
    16,
    (0x40049409, 0x4020940D),
)  # ioctl; FICLONE and FICLONERANGE: without them a copy is written
_NOT_HERE = 0x00050000 | 95  # EOPNOTSUPP
_PAGE = 4096

_REGISTERS = (
    *("r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8", "rax", "rcx", "rdx", "rsi", "rdi"),
    *("orig_rax", "rip", "cs", "eflags", "rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"),
)

_libc = ctypes.CDLL(None, use_errno=True)


class Registers(ctypes.Structure):
    """``struct user_regs_struct`` of x86-64."""

    _fields_ = [(name, ctypes.c_ulonglong) for name in _REGISTERS]

    def arguments(self) -> list[int]:
        """Returns the six arguments of the call."""
        return [int(getattr(self, name)) for name in ("rdi", "rsi", "rdx", "r10", "r8", "r9")]

    def result(self) -> int:
        """Returns what the call gave: the negative errno where it failed."""
        return ctypes.c_longlong(self.rax).value


class _Filter(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("program", ctypes.c_void_p)]


def known_here() -> bool:
    """Tells whether programs of this machine can be supervised."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def ptrace(request: int, pid: int, address: int = 0, data: int = 0) -> None:
    """The request is carried out.

    Raises:
        OSError: the kernel refuses; ProcessLookupError where the process is gone.
    """
    values = (ctypes.c_void_p(address), ctypes.c_void_p(data))
    if _libc.ptrace(ctypes.c_long(request), ctypes.c_int(pid), *values) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace {request}: {os.strerror(number)}")


def attach(pid: int) -> None:
    """A child that has asked to be traced and stopped is traced with all it will start."""
    ptrace(_SET_OPTIONS, pid, 0, OPTIONS)


def registers(pid: int) -> Registers:
    """Returns the registers of a stopped process."""
    found = Registers()
    ptrace(_GET_REGS, pid, 0, ctypes.addressof(found))
    return found


def set_registers(pid: int, changed: Registers) -> None:
    """A stopped process has these registers."""
    ptrace(_SET_REGS, pid, 0, ctypes.addressof(changed))


def memory(pid: int, address: int, length: int) -> bytes:
    """Returns bytes of a stopped process, fewer where there are no more."""
    fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    pieces = []
    try:
        while length > 0 and (piece := os.pread(fd, min(length, 1 << 20), address)):
            pieces.append(piece)
            address, length = address + len(piece), length - len(piece)
    except OSError:  # not mapped
        pass
    finally:
        os.close(fd)
    return b"".join(pieces)


def put(pid: int, address: int, content: bytes) -> None:
    """A stopped process has these bytes there, as far as it has memory there."""
    fd = os.open(f"/proc/{pid}/mem", os.O_WRONLY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # not mapped: the call would have failed
            os.pwrite(fd, content, address)
    finally:
        os.close(fd)


def text(pid: int, address: int) -> str:
    """Returns a NUL-ended path in a stopped process."""
    found = b""
    while b"\0" not in found and len(found) < 2 * _PAGE:
        piece = memory(pid, address + len(found), _PAGE - (address + len(found)) % _PAGE)
        if not piece:
            break
        found += piece
    return os.fsdecode(found.partition(b"\0")[0])


def pieces(pid: int, address: int, count: int) -> bytes:
    """Returns what `count` entries of a ``struct iovec`` array lead to."""
    table = memory(pid, address, 16 * min(count, 1024))
    return b"".join(
        memory(pid, *struct.unpack_from("QQ", table, place)) for place in range(0, len(table), 16)
    )


def stop_before(calls: Collection[int], opening: Mapping[int, int], flags: int) -> None:
    """This process, and all that it becomes and starts, stops for its tracer before each of these calls.

    `opening` maps calls to the place of their flags among the arguments: they count where one of `flags` is set.

    Raises:
        OSError: the kernel takes no filter.
    """
    program = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _X86_64), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, 0)]
    program += [
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ABSENT),
    ]
    for call in (_RINGS, _ASYNCHRONOUS):
        program += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _ABSENT)]
    program += [
        (_EQUAL, 0, 5, _CONTROL),
        (_LOAD, 0, 0, 24),
        (_EQUAL, 1, 0, _SHARE[0]),
        (_EQUAL, 0, 1, _SHARE[1]),
        (_RETURN, 0, 0, _NOT_HERE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    for call in sorted(calls):
        program += [(_EQUAL, 0, 1, call), (_RETURN, 0, 0, _STOP)]
    for call, place in opening.items():
        program += [(_EQUAL, 0, 4, call), (_LOAD, 0, 0, 16 + 8 * place), (_ANY_BIT, 0, 1, flags)]
        program += [(_RETURN, 0, 0, _STOP), (_RETURN, 0, 0, _ALLOW)]
    program.append((_RETURN, 0, 0, _ALLOW))
    packed = b"".join(struct.pack("HBBI", *line) for line in program)
    held = ctypes.create_string_buffer(packed, len(packed))
    wanted = _Filter(len(program), ctypes.addressof(held))
    option, mode = _SET_FILTER
    if (
        _libc.prctl(option, ctypes.c_ulong(mode), ctypes.byref(wanted), ctypes.c_ulong(0), ctypes.c_ulong(0))
        < 0
    ):
        raise OSError(ctypes.get_errno(), "the kernel takes no system call filter")


def end_all(pids: Collection[int]) -> None:
    """All these processes are killed."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
