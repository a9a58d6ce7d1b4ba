"""Level ``container``: a hardened container of a local image, started through testcontainers.

It cleans up after itself.  Its main process is the runner, attached before the start, and the engine ends its
stdin with the first attachment (``StdinOnce``).  So when the harness dies, however it dies, the runner's stdin
ends, the runner ends, and the engine removes the container.  No reaper container is needed, whose image might
not be there.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from docker import DockerClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.types import LogConfig
from testcontainers.core.container import DockerContainer

from harness.sandbox import resident
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Session

LABEL = "org.migration-harness"

_SUPPORT = "/sut"
_UID = 1000
_PING_SECONDS, _CALL_SECONDS = 3, 60
_START_SECONDS = 120  # what was not started by then never will be
_COMPLAINT = 4096  # bytes of a runner's stderr that are kept
_STDERR = 2  # how the engine numbers the streams
_MIB = 1 << 20


def open_session(
    *,
    support: Path | None = None,
    image: str | None = None,
    memory_mb: int = 512,
    pids: int = 128,
    home_mb: int = 256,
    home_files: int = 0,
) -> Session:
    """Returns a session in a container without network, capabilities or a writable root.

    What lies in the home counts as memory too.

    Raises:
        SandboxError: no engine answers, the image is not there (it is never pulled), or has no python3.
    """
    container = _connected(image)
    options = f"rw,exec,nosuid,nodev,size={home_mb * _MIB},uid={_UID},gid={_UID},mode=0755"
    if home_files:
        options += f",nr_inodes={home_files}"
    for place in ("/home", "/tmp", "/dev/shm"):  # noqa: S108 - private ones
        container.with_tmpfs_mount(place, options)
    if support is not None:
        container.with_volume_mapping(support.resolve(), _SUPPORT, "ro")
    container.with_command(resident.command("python3", "/home", "/tmp")[1:])  # noqa: S108
    container.with_kwargs(**_fences(memory_mb * _MIB, pids))
    try:
        wire = AttachedWire(container.start())
    except (DockerException, OSError) as error:
        container.stop()
        raise SandboxError(f"{image}: no container could be started ({_reason(error)})") from error
    return Session("container", wire, support=None if support is None else _SUPPORT)


def _fences(memory: int, pids: int) -> dict[str, Any]:
    """Returns what the engine is asked for: nothing that the system under test could reach beyond its home."""
    return {
        "entrypoint": ["python3"],
        "labels": {LABEL: uuid.uuid4().hex},
        "user": f"{_UID}:{_UID}",
        "working_dir": "/",
        "stdin_open": True,
        "auto_remove": True,
        "read_only": True,
        "network": "none",
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": memory,
        "memswap_limit": memory,
        "pids_limit": pids,
        "log_config": LogConfig(type="none"),
    }


def _connected(image: str | None) -> AttachedContainer:
    """Returns a container to be, of an image that an engine has."""
    if image is None:
        raise SandboxError("a container needs an image, and none was named")
    try:
        container = AttachedContainer(image, docker_client_kw={"timeout": _PING_SECONDS})
    except (DockerException, OSError) as error:
        raise SandboxError(f"no container engine answers ({_reason(error)})") from error
    refusal = _refusal(container, image)
    if refusal:
        container.stop()
        raise SandboxError(refusal)
    return container


def _refusal(container: AttachedContainer, image: str) -> str:
    client = container.get_docker_client().client
    try:
        client.ping()
        client.images.get(image)
    except ImageNotFound:
        return f"the engine has no image {image}, and images are not pulled unasked"
    except (DockerException, OSError) as error:
        return f"the container engine does not answer ({_reason(error)})"
    if client.api.base_url.startswith(("https://", "http+docker://ssh")):
        return f"the engine is reached over {client.api.base_url}, and only a plain socket can be attached"
    client.api.timeout = _CALL_SECONDS
    _sweep(client)
    return ""


def _sweep(client: DockerClient) -> None:
    """Containers of ours that were made and never started are gone: their harness was killed in that moment."""
    for container in client.api.containers(all=True, filters={"label": LABEL, "status": "created"}):
        if time.time() - container["Created"] > _START_SECONDS:
            with contextlib.suppress(DockerException, OSError):  # somebody else's sweep was faster
                client.api.remove_container(container["Id"], force=True)


class AttachedContainer(DockerContainer):
    """A container that is attached before it runs, so that nothing is missed and its stdin ends with ours."""

    attachment: socket.socket

    def start(self) -> Self:
        """The container runs; `attachment` leads to its main process."""
        client = self.get_docker_client()
        volumes = {
            host: {"bind": mount["bind"], "mode": mount["mode"]} for host, mount in self.volumes.items()
        }
        self._container = client.create(
            self.image,
            command=self._command,
            environment=self.env,
            tmpfs=self.tmpfs,
            volumes=volumes,
            **self._kwargs,
        )
        streams = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        upgraded = client.client.api.attach_socket(self.get_container_id(), streams)
        self.attachment = socket.socket(fileno=os.dup(upgraded.fileno()))
        upgraded._response.close()  # noqa: SLF001 - where docker-py keeps what owns the descriptor
        client.start(self._container)
        return self

    def stop(self, force: bool = True, delete_volume: bool = True) -> None:  # noqa: FBT001, FBT002 - as inherited
        """The container is gone or going."""
        try:
            super().stop(force=force, delete_volume=delete_volume)
        except APIError as error:
            if error.status_code not in {404, 409}:  # gone, or its removal is in progress
                raise
        finally:
            self.get_docker_client().client.close()


class AttachedWire:
    """The streams of a container's main process, which the engine sends as frames over one socket."""

    def __init__(self, container: AttachedContainer) -> None:
        self._container, self._socket = container, container.attachment
        self._socket.setblocking(False)
        self._frames, self._stderr = bytearray(), b""

    def send(self, pieces: Iterable[bytes], until: float) -> None:
        """All pieces are on their way to the engine."""
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                self._await(select.POLLOUT, until)
                with contextlib.suppress(BlockingIOError):
                    rest = rest[self._socket.send(rest) :]

    def receive(self, until: float) -> bytes:
        """Returns some of the process's stdout; its stderr is put aside."""
        while True:
            taken = self._frame()
            if taken:
                return taken
            self._await(select.POLLIN, until)
            chunk = self._socket.recv(1 << 20)
            if not chunk:
                return b""
            self._frames += chunk

    def _frame(self) -> bytes:
        stdout = []
        start = 0
        while len(self._frames) >= start + 8:
            stream, length = struct.unpack_from(">BxxxL", self._frames, start)
            if len(self._frames) < start + 8 + length:
                break
            content = bytes(self._frames[start + 8 : start + 8 + length])
            if stream == _STDERR:
                self._stderr = (self._stderr + content)[-_COMPLAINT:]
            else:
                stdout.append(content)
            start += 8 + length
        del self._frames[:start]
        return b"".join(stdout)

    def _await(self, event: int, until: float) -> None:
        poller = select.poll()
        poller.register(self._socket, event)
        if not poller.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError

    def complaint(self) -> str:
        """Returns the end of the process's stderr, once it ended or has had a moment to."""
        self._drain(1)
        return self._stderr.decode("utf-8", "replace").strip()

    def close(self) -> None:
        """The process has ended, or was killed after some seconds; the engine removes the container."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        self._drain(10)
        self._socket.close()
        self._container.stop()

    def _drain(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with contextlib.suppress(OSError, TimeoutError):
            while self.receive(until):
                pass


def _reason(error: Exception) -> str:
    explanation = error.explanation if isinstance(error, APIError) else None
    return str(explanation or error)
