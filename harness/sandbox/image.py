"""The image of the system under test: made when needed, from whatever base this machine can have.

What can go wrong here (no engine, no registry, a build that fails) is ordinary on a user's machine, so it comes
back as `ImageUnavailable` with one sentence, never as an exception.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound
from docker.models.images import Image
from urllib3.exceptions import HTTPError

from harness.sandbox.python_base import LABEL, PythonBase, find_python_base, write_tar

TAG = "state-migrator:local"
PREFERRED_BASE = "python:3.12-slim"
BASE_VARIABLE = "BASE_IMAGE"
"""The environment variable that names another base; the Dockerfile's argument has the same name."""

USUAL_ADDRESS = "unix:///var/run/docker.sock"
ANSWER_SECONDS = 3
REGISTRY_SECONDS = 20
"""A registry that has not answered by then is taken for absent; a pull that runs may take its time."""
BUILD_SILENCE_SECONDS = 300

Say = Callable[[str], None]

_TROUBLE = (DockerException, HTTPError, OSError)  # OSError holds the exceptions of `requests` too


@dataclass(frozen=True, slots=True)
class ImageReady:
    """The engine has the image `tag`, made of the sources as they are now."""

    tag: str
    image_id: str
    base: str


@dataclass(frozen=True, slots=True)
class ImageUnavailable:
    """No such image can be had here; `reason` is one sentence for a person."""

    reason: str


def ensure_image(*, tag: str = TAG, context: Path, say: Say) -> ImageReady | ImageUnavailable:
    """The engine has an image `tag` of the migrator in `context`, or the reason why not is returned.

    `context` is the folder with `Dockerfile` and `migrator/`. Each longer step is announced through `say`.
    """
    if missing := [name for name in ("Dockerfile", "migrator/__init__.py") if not (context / name).is_file()]:
        return ImageUnavailable(f"{context} has no {missing[0]}, so no image can be built from it")
    if isinstance(engine := _engine(), str):
        return ImageUnavailable(engine)
    try:
        base = os.environ.get(BASE_VARIABLE) or None
        chosen = _named_base(engine, base, say) if base else _any_base(engine, say)
        if isinstance(chosen, ImageUnavailable):
            return chosen
        say(f"building {tag} on {chosen}")
        return _build(engine, tag, chosen, build_context(context))
    except _TROUBLE as error:
        return ImageUnavailable(f"the engine failed while {tag} was made: {_sentence(error)}")
    finally:
        engine.close()


def engine_trouble() -> str | None:
    """None when a container engine answers; otherwise one sentence that says why there is none."""
    engine = _engine()
    if isinstance(engine, str):
        return engine
    engine.close()
    return None


def build_context(context: Path) -> bytes:
    """A tar of `Dockerfile`, `migrator/` and `wheelhouse/`: equal bytes for equal sources, so that builds are cached.

    Modes are normalised and times left out; links, compiled files and everything else in `context` stay behind.
    """
    sources = [context / "Dockerfile", *sorted((context / "migrator").rglob("*"))]
    files = {
        str(path.relative_to(context)): (path.read_bytes(), 0o755 if os.access(path, os.X_OK) else 0o644)
        for path in sources
        if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts
    }
    name, wheel = installed_pyyaml()
    files[f"wheelhouse/{name}"] = (wheel, 0o644)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, (content, mode) in files.items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(content), mode
            tar.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def installed_pyyaml() -> tuple[str, bytes]:
    """The name and content of an archive of the PyYAML that is installed here; the Dockerfile unpacks it.

    It suits any Python: where the compiled part is for another version or system, PyYAML goes on without it.
    """
    distribution = metadata.distribution("pyyaml")
    wanted = sorted(
        (str(path), Path(str(path.locate())))
        for path in distribution.files or ()
        if path.parts[0] in {"yaml", "_yaml"} or path.name in {"METADATA", "LICENSE"}
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in wanted:
            if path.is_file() and "__pycache__" not in path.parts:
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return f"pyyaml-{distribution.version}.whl", out.getvalue()


def _engine() -> docker.DockerClient | str:
    """A client whose engine has just answered, or the reason why there is none."""
    address = os.environ.get("DOCKER_HOST") or USUAL_ADDRESS
    try:
        if address.startswith("unix://"):
            _connect(address.removeprefix("unix://"))
        engine = docker.from_env(timeout=ANSWER_SECONDS)
        engine.ping()
    except _TROUBLE as error:
        return f"no container engine answers at {address}: {_sentence(_first_cause(error))}"
    engine.api.timeout = BUILD_SILENCE_SECONDS
    return engine


def _connect(path: str) -> None:
    """Something listens at the socket. Asked before the client is, which leaves a socket open when nobody does."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_SECONDS)
        probe.connect(path)


def _named_base(engine: docker.DockerClient, name: str, say: Say) -> str | ImageUnavailable:
    """The base that the user asked for; never another one in its place."""
    if _label(engine, name) is not None:
        return name
    trouble = _pull(name, say)
    if trouble is None:
        return name
    reason = f"{BASE_VARIABLE} names {name}, which is not here and cannot be pulled: {trouble}"
    return ImageUnavailable(reason)


def _any_base(engine: docker.DockerClient, say: Say) -> str | ImageUnavailable:
    """The preferred base if it is here, else one made earlier, else a pull, else one made now.

    One made earlier comes before the pull, so that a machine without a registry asks for it only once.
    """
    own = find_python_base()
    if _label(engine, PREFERRED_BASE) is not None:
        return PREFERRED_BASE
    if isinstance(own, PythonBase) and _label(engine, own.tag) == own.digest:
        return own.tag
    trouble = _pull(PREFERRED_BASE, say)
    if trouble is None:
        return PREFERRED_BASE
    if isinstance(own, str):
        return ImageUnavailable(f"{PREFERRED_BASE} cannot be pulled ({trouble}), and {own}")
    say(f"{PREFERRED_BASE} cannot be pulled ({trouble}); making {own.tag} from {own.python}")
    return _import(engine, own)


def _label(engine: docker.DockerClient, name: str) -> str | None:
    """The digest on the local image `name`, empty when it bears none; None when there is no such image."""
    image = _find(engine, name)
    return None if image is None else str(image.labels.get(LABEL, ""))


def _find(engine: docker.DockerClient, name: str) -> Image | None:
    try:
        return engine.images.get(name)
    except ImageNotFound:
        return None


def _pull(name: str, say: Say) -> str | None:
    """None once the engine has pulled `name`; otherwise why it could not.

    A pull has no time limit of its own, so the registry is asked first whether it has the image at all.
    """
    say(f"pulling {name}")
    client = docker.from_env(timeout=REGISTRY_SECONDS)
    try:
        client.images.get_registry_data(name)
        return _failure(client.api.pull(name, stream=True, decode=True), [])
    except _TROUBLE as error:
        return _sentence(error)
    finally:
        client.close()


def _import(engine: docker.DockerClient, own: PythonBase) -> str:
    """The engine has the base made of the running Python; its tag."""
    repository, tag = own.tag.split(":")
    with tempfile.TemporaryFile() as archive:
        write_tar(own, archive)
        archive.seek(0)
        engine.api.import_image_from_data(archive, repository=repository, tag=tag, changes=own.changes)
    return own.tag


def _build(engine: docker.DockerClient, tag: str, base: str, context: bytes) -> ImageReady | ImageUnavailable:
    """The image as the engine built it; no step of the build has a network, everything is in the context."""
    replaced = _find(engine, tag)
    events = engine.api.build(
        fileobj=io.BytesIO(context),
        custom_context=True,
        tag=tag,
        buildargs={BASE_VARIABLE: base},
        network_mode="none",
        timeout=BUILD_SILENCE_SECONDS,
        rm=True,
        forcerm=True,
        decode=True,
    )
    output: list[str] = []
    trouble = _failure(events, output)
    if trouble is not None:
        said = next(
            (line for line in reversed(output) if not line.startswith(("Step ", "--->", "Removing "))),
            "nothing",
        )
        reason = f"the build of {tag} on {base} failed: {trouble}; the last it printed was: {said}"
        return ImageUnavailable(reason)
    made = engine.images.get(tag)
    if replaced is not None and replaced.id != made.id:
        with contextlib.suppress(*_TROUBLE):  # it stays where a container or another tag still uses it
            engine.images.remove(str(replaced.id))
    return ImageReady(tag, str(made.id), base)


def _failure(events: Iterable[dict[str, Any]], output: list[str]) -> str | None:
    """What the engine reports as error, or None; the lines it prints meanwhile are added to `output`."""
    for event in events:
        if "error" in event:
            return _sentence(event["error"])
        output.extend(_lines(event.get("stream", "")))
    return None


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _first_cause(error: BaseException) -> BaseException:
    """The exception that all the others were made of: the system's own word, not three libraries' wrappings."""
    while error.__context__ is not None:
        error = error.__context__
    return error


def _sentence(error: object) -> str:
    """The error's text on one line, of a length that can be read."""
    told = getattr(error, "explanation", None) or getattr(error, "strerror", None) or error
    text = " ".join(str(told).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:297] + "..."
