"""A Python base image made from the interpreter that is running.

For a machine with a container engine but no registry: nothing is downloaded and no distribution's tools are
needed. Every file keeps its own path, so that run paths compiled into the binaries (pyenv, uv, conda, a system
Python) stay right without any being changed.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

EDITION = 2
"""Raise by one whenever the recipe below changes: images of an older edition are then made anew."""

LABEL = "migration-harness.python-base"
"""The image label that holds `PythonBase.digest`."""

LEFT_OUT = frozenset(
    {
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "pydoc_data",
        "site-packages",
        "test",
        "tests",
        "tkinter",
        "turtledemo",
    }
)
"""Folders of the standard library that no migrator needs, at any depth."""

_LEFT_OUT_FILE = re.compile(r".*\.(a|exe|pyc|pyo)|_tkinter\..*|_test.*\.so|_ctypes_test\..*|_xxtest.*\.so")
_BESIDE_LIBC = (
    *("libgcc_s.so.1", "libnss_files.so.2"),  # glibc opens these by name, so no binary lists them
    *("libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1"),  # binary wheels ask for these
)
_LISTED_LIBRARY = re.compile(r"(?:^|=>)\s*(/\S+) \(0x", re.MULTILINE)

_PROGRAMS = (
    *("cat", "chmod", "cp", "date", "ln", "ls", "mkdir", "mv", "rm", "rmdir", "tar", "touch", "true"),
)  # what the texts of a backup may have a person run
_ACCOUNTS = {
    "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n",
    "/etc/group": "root:x:0:\nuser:x:1000:\n",
    "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
}


@dataclass(frozen=True, slots=True)
class PythonBase:
    """Where the running Python's parts are on this machine, symbolic links resolved."""

    version: str
    python: Path
    stdlib: Path
    shell: Path
    programs: tuple[Path, ...] = ()

    @property
    def tag(self) -> str:
        """The name under which the engine keeps the image."""
        return f"local/python-base:{self.version}"

    @property
    def digest(self) -> str:
        """The same for two calls as long as the image they would make is the same."""
        parts = (
            str(EDITION),
            sys.version,
            str(self.python),
            str(self.stdlib),
            str(self.shell),
            *map(str, self.programs),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def changes(self) -> list[str]:
        """What the image says of itself, as Dockerfile lines."""
        return [
            "ENV PATH=/usr/local/bin:/usr/bin:/bin",
            'CMD ["python3"]',
            f"LABEL {LABEL}={self.digest}",
        ]


def find_python_base() -> PythonBase | str:
    """The running Python's parts, or one sentence that says why no image can be made of them."""
    if sys.platform != "linux":
        return f"a base image can be made from the running Python on Linux only, not on {sys.platform}"
    if shutil.which("ldd") is None:
        return "a base image cannot be made from the running Python because the command `ldd` is not here"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = Path(sys.base_prefix, "bin", f"python{version}")
    stdlib = Path(sysconfig.get_path("stdlib"))
    shell = Path("/bin/sh")
    for part in (python, stdlib / "os.py", shell):
        if not part.exists():
            return f"a base image cannot be made from the running Python because {part} is missing"
    programs = tuple(Path(found) for name in _PROGRAMS if (found := shutil.which(name, path="/bin:/usr/bin")))
    return PythonBase(version, python.resolve(), stdlib.resolve(), shell.resolve(), programs)


def write_tar(base: PythonBase, out: IO[bytes]) -> None:
    """`out` holds a complete root file system that runs `python3`, `/bin/sh` and the usual programs for files.

    Everything belongs to root and can be read by everyone, whatever the modes on this machine.

    Raises:
        OSError: a part of the running Python cannot be read.
    """
    stdlib = list(_stdlib_files(base.stdlib))
    extensions = [path for path in stdlib if path.suffix == ".so"]
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        root = _Root(tar)
        for path in (
            base.python,
            *stdlib,
            *_libraries([base.python, base.shell, *base.programs, *extensions]),
        ):
            root.add_file(str(path), path)
        root.add_file("/bin/sh", base.shell)
        for program in base.programs:
            root.add_file(f"/bin/{program.name}", program)
        cache = Path("/etc/ld.so.cache")  # where libraries in unusual folders are found
        if cache.exists():
            root.add_file(str(cache), cache)
        for name, text in _ACCOUNTS.items():
            root.add_text(name, text)
        for link in ("python3", "python", f"python{base.version}"):
            root.add_link(f"/usr/local/bin/{link}", str(base.python))
        root.add_folder("/tmp", 0o1777)  # noqa: S108 - the folder inside the image
        root.add_folder("/home", 0o755)


class _Root:
    """A tar under construction: each path at most once, each folder before what it holds."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._seen: set[str] = set()

    def add_file(self, name: str, source: Path) -> None:
        content = source.read_bytes()
        mode = 0o755 if os.access(source, os.X_OK) else 0o644
        self._add(_entry(name, tarfile.REGTYPE, mode), content)

    def add_text(self, name: str, text: str) -> None:
        self._add(_entry(name, tarfile.REGTYPE, 0o644), text.encode())

    def add_link(self, name: str, target: str) -> None:
        entry = _entry(name, tarfile.SYMTYPE, 0o777)
        entry.linkname = target
        self._add(entry)

    def add_folder(self, name: str, mode: int) -> None:
        self._add(_entry(name, tarfile.DIRTYPE, mode))

    def _add(self, entry: tarfile.TarInfo, content: bytes = b"") -> None:
        if entry.name in self._seen:
            return
        self._seen.add(entry.name)
        parent = os.path.dirname(entry.name)
        if parent:
            self.add_folder(parent, 0o755)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))


def _entry(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name.lstrip("/"))
    entry.type, entry.mode = kind, mode
    return entry


def _stdlib_files(stdlib: Path) -> Iterator[Path]:
    """The standard library's files, in a fixed order; a link to nothing is passed over."""
    for folder, names, files in os.walk(stdlib):
        names[:] = sorted(name for name in names if name not in LEFT_OUT and not name.startswith("config-"))
        for name in sorted(files):
            path = Path(folder, name)
            if not _LEFT_OUT_FILE.fullmatch(name) and path.is_file():
                yield path


def _libraries(binaries: Iterable[Path]) -> list[Path]:
    """The shared libraries that the binaries need, under the paths where the loader looks for them.

    `ldd` fails for a static binary and still lists the others, so only its output counts.
    """
    listing = subprocess.run(
        ["ldd", *map(str, binaries)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout
    found = {Path(name) for name in _LISTED_LIBRARY.findall(listing)}
    beside = {library.parent / name for library in found for name in _BESIDE_LIBC}
    return sorted(found | {path for path in beside if path.exists()})
