"""A program of its own: enters fresh namespaces with the view it is told, then becomes another program.

Standard library only.  Its one argument is a JSON object: `show` (paths, with where they appear), `links`,
`texts`, `scratch` (paths of private memory file systems), `bytes` and `files` (the limits of each; 0 files for the kernel's own), `uid`, `argv`.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Any

# linux/sched.h, linux/mount.h, linux/prctl.h; system call numbers since 5.x are those of every architecture
_NEWNS, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET = (
    0x20000,
    0x4000000,
    0x8000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE, _DETACH = 2, 4, 8, 4096, 16384, 1 << 18, 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY, _ATTR_NOSUID, _ATTR_NODEV = 442, -100, 0x8000, 1, 2, 4
_PDEATHSIG, _CAPBSET_DROP, _NO_NEW_PRIVS, _CAP_AMBIENT, _AMBIENT_CLEAR_ALL = 1, 24, 38, 47, 4
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: int | str | bytes | None) -> None:
    """The C function has succeeded; else OSError names it and its arguments."""
    plain = [os.fsencode(value) if isinstance(value, str) else value for value in arguments]
    typed = [ctypes.c_long(value) if isinstance(value, int) else value for value in plain]
    if getattr(_libc, name)(*typed) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}{arguments}: {os.strerror(code)}")


def _mount(kind: str | None, source: str, target: str, flags: int, options: str | None = None) -> None:
    _call("mount", source, target, kind, flags, options)


def _lock(path: str, attributes: int, *, below: bool) -> None:
    """The mount, and with `below` each one below it, has the attributes (mount_setattr, Linux 5.12)."""
    wanted = struct.pack("QQQQ", attributes, 0, 0, 0)
    flags = _AT_RECURSIVE if below else 0
    _call("syscall", _MOUNT_SETATTR, _AT_FDCWD, path, flags, wanted, len(wanted))


def _become(uid: int) -> None:
    """This process is `uid` in a user namespace of its own, with all others unshared too."""
    outer = os.geteuid(), os.getegid()
    _call("unshare", _NEWUSER | _NEWNS | _NEWPID | _NEWNET | _NEWIPC | _NEWUTS)
    maps = {"setgroups": "deny", "uid_map": f"{uid} {outer[0]} 1", "gid_map": f"{uid} {outer[1]} 1"}
    for name, text in maps.items():
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def _place(path: str, *, like: str | None = None) -> str:
    """Returns where a path lies in the new root, made as a folder or, when `like` is a file, as a file."""
    where = "/tmp" + path  # noqa: S108 - the new root is being built there
    folder = like is None or os.path.isdir(like)
    os.makedirs(where if folder else os.path.dirname(where), exist_ok=True)
    if not folder and not os.path.exists(where):
        os.close(os.open(where, os.O_CREAT | os.O_WRONLY, 0o444))
    return where


def _build(view: Mapping[str, Any]) -> None:
    """A new root stands at /tmp with all that `view` names."""
    # What is shown may itself lie below /tmp, so it is taken hold of before something is mounted there.
    devices = [f"/dev/{name}" for name in _DEVICES]
    held = {os.open(source, os.O_PATH): target for source, target in view["show"]}
    held_devices = {os.open(path, os.O_PATH): path for path in devices if os.path.exists(path)}
    _mount(None, "none", "/", _REC | _PRIVATE)
    _mount("tmpfs", "tmpfs", "/tmp", _NOSUID | _NODEV, "mode=755")  # noqa: S108
    # Before what is shown, which may lie below one of these, as a checkout in /home does.
    limits = f"size={view['bytes']}" + (f",nr_inodes={view['files']}" if view["files"] else "")
    for path in view["scratch"]:
        _mount("tmpfs", "tmpfs", _place(path), _NOSUID | _NODEV, f"mode=755,{limits}")
    for fd, target in held.items():
        source = f"/proc/self/fd/{fd}"
        where = _place(target, like=source)
        _mount(None, source, where, _BIND | _REC)
        _lock(where, _ATTR_RDONLY | _ATTR_NOSUID | _ATTR_NODEV, below=True)
    for fd, path in held_devices.items():
        _mount(None, f"/proc/self/fd/{fd}", _place(path, like=f"/proc/self/fd/{fd}"), _BIND)
    for name, number in {"stdin": "0", "stdout": "1", "stderr": "2", "": ""}.items():
        os.symlink(f"/proc/self/fd/{number}".rstrip("/"), _place("/dev") + f"/{name or 'fd'}")
    for path, target in view["links"].items():
        os.symlink(target, "/tmp" + path)  # noqa: S108
    for path, text in view["texts"].items():
        with open(
            _place(os.path.dirname(path)) + "/" + os.path.basename(path), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    _place("/run")
    _mount("proc", "proc", _place("/proc"), _NOSUID | _NODEV | _NOEXEC)


def _enter() -> None:
    """The folder built at /tmp is the root, read-only, and the old root is gone."""
    os.chdir("/tmp")  # noqa: S108
    _call("pivot_root", ".", ".")
    _call("umount2", ".", _DETACH)
    os.chdir("/")
    _lock("/", _ATTR_RDONLY, below=False)


def _weaken() -> None:
    """No capability is left to what is executed next, nor can it gain any, nor a user namespace of its own."""
    with (
        contextlib.suppress(OSError),
        open("/proc/sys/user/max_user_namespaces", "w", encoding="ascii") as file,
    ):
        file.write("0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:  # loopback up: SIOCSIFFLAGS, IFF_UP
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))
    socket.sethostname("sandbox")
    with contextlib.suppress(OSError):
        for capability in range(64):  # until one that the kernel does not know
            _call("prctl", _CAPBSET_DROP, capability, 0, 0, 0)
    with contextlib.suppress(OSError):
        _call("prctl", _CAP_AMBIENT, _AMBIENT_CLEAR_ALL, 0, 0, 0)
    _call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def main(view: Mapping[str, Any]) -> int:
    """Returns the status of the program, which was the first process of its own namespace."""
    _become(view["uid"])
    _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a change of credentials would clear it
    child = os.fork()
    if child == 0:
        _call("prctl", _PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        _build(view)
        _enter()
        _weaken()
        os.execve(view["argv"][0], view["argv"], dict(os.environ))  # noqa: S606 - no shell is wanted
    for fd in (0, 1):  # the child's alone: their end must be its end
        os.close(fd)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
