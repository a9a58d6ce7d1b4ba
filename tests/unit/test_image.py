"""What goes into the migrator's image, and what is said where no image can be had."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import pytest
from docker.errors import APIError, ImageNotFound

from harness.sandbox import python_base
from harness.sandbox.image import (
    ImageReady,
    ImageUnavailable,
    build_context,
    engine_trouble,
    ensure_image,
    installed_pyyaml,
)
from harness.sandbox.python_base import PythonBase, find_python_base, write_tar

REPOSITORY = Path(__file__).parents[2]
LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="a base is made on Linux only")


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A small repository around a migrator, with things in it that must stay out of the image."""
    (tmp_path / "migrator" / "__pycache__").mkdir(parents=True)
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "migrator" / "__init__.py").write_text("")
    (tmp_path / "migrator" / "schema.sql").write_text("CREATE TABLE t(x);\n")
    (tmp_path / "migrator" / "__pycache__" / "__init__.cpython-311.pyc").write_bytes(b"old")
    (tmp_path / "migrator" / "link.py").symlink_to("/etc/passwd")
    (tmp_path / "secret.txt").write_text("not for the image")
    return tmp_path


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The address of an engine that is not there."""
    address = f"unix://{tmp_path}/no.sock"
    monkeypatch.setenv("DOCKER_HOST", address)
    return address


def names_in(tar: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return archive.getnames()


def test_the_build_context_holds_the_dockerfile_the_migrator_and_one_wheel(sources: Path) -> None:
    wheel = f"wheelhouse/{installed_pyyaml()[0]}"
    assert names_in(build_context(sources)) == [
        "Dockerfile",
        "migrator/__init__.py",
        "migrator/schema.sql",
        wheel,
    ]


def test_the_build_context_does_not_depend_on_times_and_group_permissions(sources: Path) -> None:
    before = build_context(sources)
    os.utime(sources / "Dockerfile", (0, 0))
    (sources / "migrator" / "schema.sql").chmod(0o600)
    assert build_context(sources) == before


def test_the_build_context_changes_with_a_source(sources: Path) -> None:
    before = build_context(sources)
    (sources / "migrator" / "schema.sql").write_text("CREATE TABLE t(y);\n")
    assert build_context(sources) != before


def test_the_installed_pyyaml_works_from_its_archive(tmp_path: Path) -> None:
    name, content = installed_pyyaml()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    program = "import yaml; print(yaml.__file__, yaml.safe_load('a: [1]'))"
    printed = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    assert printed == f"{tmp_path}/yaml/__init__.py {{'a': [1]}}\n"
    assert re.fullmatch(r"pyyaml-[0-9.]+\.whl", name)


def test_the_dockerfile_asks_the_index_for_the_pyyaml_of_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    asked = re.findall(r'"(pyyaml[^"]*)"', (REPOSITORY / "Dockerfile").read_text())
    assert asked == [need for need in project["dependencies"] if need.startswith("pyyaml")]


def test_the_dockerfile_needs_no_buildkit() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    assert not re.search(r"^RUN --|^COPY --(?!from)|<<[A-Z\"']|^# syntax", text, re.MULTILINE)


def test_a_missing_engine_is_a_reason_and_no_exception(no_engine: str) -> None:
    said: list[str] = []
    answer = ensure_image(context=REPOSITORY, say=said.append)
    reason = f"no container engine answers at {no_engine}: No such file or directory"
    assert answer == ImageUnavailable(reason)
    assert said == []
    assert engine_trouble() == reason


def test_an_address_that_makes_no_sense_is_a_reason_too(engine_nowhere: None) -> None:
    trouble = engine_trouble()
    assert trouble is not None
    assert trouble.startswith("no container engine answers at nowhere: ")


def test_a_folder_without_a_migrator_is_named(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    answer = ensure_image(context=tmp_path, say=print)
    assert isinstance(answer, ImageUnavailable)
    assert answer.reason == f"{tmp_path} has no migrator/__init__.py, so no image can be built from it"


class FakeEngine:
    """Answers like the client of an engine that has `local` images, and a registry if `registry` is true."""

    def __init__(self, *local: str, registry: bool = False, own_digest: str = "") -> None:
        self.local = {*local}
        self.registry = registry
        self.own_digest = own_digest
        self.build_events: list[dict[str, str]] = [{"stream": "Successfully built\n"}]
        self.images = self.api = self
        self.timeout = 0
        self.built_on: list[str] = []

    def ping(self) -> bool:
        return True

    def close(self) -> None: ...

    def get(self, name: str) -> SimpleNamespace:
        if name not in self.local:
            raise ImageNotFound(name)
        labels = {python_base.LABEL: self.own_digest} if name.startswith("local/") else {}
        return SimpleNamespace(id="sha256:1", labels=labels)

    def get_registry_data(self, name: str) -> None:
        if not self.registry:
            raise APIError("500", explanation="no such host")

    def pull(self, name: str, **_: object) -> list[dict[str, str]]:
        self.local.add(name)
        return [{"status": "Pulling"}]

    def import_image_from_data(self, data: IO[bytes], repository: str, tag: str, changes: list[str]) -> None:
        with tarfile.open(fileobj=data) as tar:
            assert tar.getmember("usr/local/bin/python3").issym()
        self.local.add(f"{repository}:{tag}")

    def build(self, buildargs: dict[str, str], tag: str, **_: object) -> list[dict[str, str]]:
        self.built_on.append(buildargs["BASE_IMAGE"])
        self.local.add(tag)
        return self.build_events


Ensure = Callable[[FakeEngine], tuple[ImageReady | ImageUnavailable, list[str]]]


@pytest.fixture
def ensure_on(sources: Path, monkeypatch: pytest.MonkeyPatch) -> Ensure:
    """The answer of `ensure_image`, and what it said, when the given engine answers."""

    monkeypatch.setenv("DOCKER_HOST", "tcp://engine:1")
    monkeypatch.delenv("BASE_IMAGE", raising=False)

    def ensure(engine: FakeEngine) -> tuple[ImageReady | ImageUnavailable, list[str]]:
        monkeypatch.setattr("docker.from_env", lambda **_: engine)
        said: list[str] = []
        return ensure_image(tag="migrator:1", context=sources, say=said.append), said

    return ensure


def own_base() -> PythonBase:
    base = find_python_base()
    assert isinstance(base, PythonBase)
    return base


def test_the_preferred_base_is_taken_when_it_is_here(ensure_on: Ensure) -> None:
    answer, said = ensure_on(FakeEngine("python:3.12-slim", registry=True))
    assert answer == ImageReady("migrator:1", "sha256:1", "python:3.12-slim")
    assert said == ["building migrator:1 on python:3.12-slim"]


def test_the_preferred_base_is_pulled_when_a_registry_has_it(ensure_on: Ensure) -> None:
    answer, said = ensure_on(FakeEngine(registry=True))
    assert answer == ImageReady("migrator:1", "sha256:1", "python:3.12-slim")
    assert said[0] == "pulling python:3.12-slim"


@LINUX_ONLY
def test_without_a_registry_the_base_is_made_from_the_running_python(ensure_on: Ensure) -> None:
    answer, said = ensure_on(FakeEngine())
    assert answer == ImageReady("migrator:1", "sha256:1", own_base().tag)
    assert said[1].startswith("python:3.12-slim cannot be pulled (no such host); making local/python-base:")


@LINUX_ONLY
def test_a_base_made_earlier_is_taken_without_asking_a_registry(ensure_on: Ensure) -> None:
    answer, said = ensure_on(FakeEngine(own_base().tag, own_digest=own_base().digest))
    assert answer == ImageReady("migrator:1", "sha256:1", own_base().tag)
    assert len(said) == 1


@LINUX_ONLY
def test_a_base_of_an_older_recipe_is_made_anew(ensure_on: Ensure) -> None:
    _, said = ensure_on(FakeEngine(own_base().tag, own_digest="older"))
    assert "making local/python-base:" in said[1]


def test_where_no_base_can_be_had_both_reasons_are_given(
    ensure_on: Ensure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    answer, _ = ensure_on(FakeEngine())
    assert answer == ImageUnavailable(
        "python:3.12-slim cannot be pulled (no such host), and a base image can be made from the running Python on "
        "Linux only, not on darwin",
    )


def test_a_base_that_the_user_names_is_never_replaced_by_another(
    ensure_on: Ensure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASE_IMAGE", "company/python:1")
    engine = FakeEngine("python:3.12-slim")
    answer, _ = ensure_on(engine)
    assert answer == ImageUnavailable(
        "BASE_IMAGE names company/python:1, which is not here and cannot be pulled: no such host",
    )
    assert engine.built_on == []


@pytest.mark.parametrize(
    "engine", [FakeEngine("company/python:1"), FakeEngine(registry=True)], ids=["here", "pulled"]
)
def test_a_base_that_the_user_names_is_used(
    ensure_on: Ensure, monkeypatch: pytest.MonkeyPatch, engine: FakeEngine
) -> None:
    monkeypatch.setenv("BASE_IMAGE", "company/python:1")
    answer, _ = ensure_on(engine)
    assert answer == ImageReady("migrator:1", "sha256:1", "company/python:1")


def test_a_failed_build_tells_the_error_and_the_last_line_printed(ensure_on: Ensure) -> None:
    engine = FakeEngine("python:3.12-slim")
    engine.build_events = [
        {"stream": "Step 1/2 : RUN x\n"},
        {"stream": "disk is full\n"},
        {"error": "exit 1"},
    ]
    answer, _ = ensure_on(engine)
    assert answer == ImageUnavailable(
        "the build of migrator:1 on python:3.12-slim failed: exit 1; the last it printed was: disk is full",
    )


def test_an_engine_that_breaks_off_is_a_reason_and_no_exception(
    ensure_on: Ensure, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    monkeypatch.setattr(FakeEngine, "build", broken)
    answer, _ = ensure_on(FakeEngine("python:3.12-slim"))
    assert answer == ImageUnavailable("the engine failed while migrator:1 was made: Connection reset by peer")


@LINUX_ONLY
def test_the_running_python_becomes_a_root_file_system_that_everyone_can_read() -> None:
    base = find_python_base()
    assert isinstance(base, PythonBase)
    out = io.BytesIO()
    write_tar(base, out)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        entries = {entry.name: entry for entry in tar}
    assert len(entries) == len(set(entries))
    assert {entry.uid for entry in entries.values()} == {0}
    assert all(entry.mode & 0o444 == 0o444 for entry in entries.values())
    assert all(entry.mode & 0o111 == 0o111 for entry in entries.values() if entry.isdir())
    assert entries["usr/local/bin/python3"].linkname == str(base.python)
    inside = {name.removeprefix(str(base.stdlib).lstrip("/") + "/") for name in entries}
    assert {"os.py", "json/decoder.py", "encodings/utf_8.py"} <= inside
    assert not {part for name in inside for part in name.split("/")} & python_base.LEFT_OUT
    assert entries["tmp"].mode == 0o1777
    assert {"bin/sh", "bin/tar", "bin/rm", "bin/cp"} <= entries.keys()
    assert any(name.rsplit("/", 1)[-1].startswith("libc.") for name in entries)


@LINUX_ONLY
def test_each_folder_comes_before_what_it_holds() -> None:
    base = find_python_base()
    assert isinstance(base, PythonBase)
    out = io.BytesIO()
    write_tar(base, out)
    out.seek(0)
    seen = {""}
    with tarfile.open(fileobj=out) as tar:
        for entry in tar:
            assert os.path.dirname(entry.name) in seen
            assert entry.name not in seen
            seen.add(entry.name)


@LINUX_ONLY
def test_the_digest_of_a_base_changes_with_the_edition_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    base = find_python_base()
    assert isinstance(base, PythonBase)
    before = base.digest
    assert base.digest == before
    assert f"LABEL {python_base.LABEL}={before}" in base.changes
    monkeypatch.setattr(python_base, "EDITION", python_base.EDITION + 1)
    assert base.digest != before


def test_no_base_is_made_on_another_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert (
        find_python_base() == "a base image can be made from the running Python on Linux only, not on darwin"
    )


@LINUX_ONLY
def test_no_base_is_made_without_ldd(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    answer = find_python_base()
    assert isinstance(answer, str)
    assert "`ldd`" in answer
