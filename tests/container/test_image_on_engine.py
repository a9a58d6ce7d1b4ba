"""The migrator's image on a real engine, run as the harness runs it: ordinary user, read-only, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.errors import ImageNotFound

from harness.sandbox.image import TAG, ImageReady, ImageUnavailable, ensure_image

pytestmark = pytest.mark.container
REPOSITORY = Path(__file__).parents[2]
TRIAL_TAG = "state-migrator:trial"


@pytest.fixture(scope="module")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def ready() -> ImageReady:
    answer = ensure_image(context=REPOSITORY, say=print)
    assert isinstance(answer, ImageReady), answer.reason
    return answer


def inside(engine: docker.DockerClient, *command: str, folder: str = "/") -> str:
    output = engine.containers.run(
        TAG,
        list(command),
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        working_dir=folder,
        remove=True,
    )
    return bytes(output).decode()


def test_the_standard_library_is_whole_for_an_ordinary_user(
    engine: docker.DockerClient, ready: ImageReady
) -> None:
    modules = "bz2, ctypes, fcntl, hashlib, lzma, multiprocessing, sqlite3, ssl, tomllib, uuid, yaml, zlib"
    assert (
        inside(engine, "python3", "-c", f"import os, {modules}; print(os.getuid(), os.getgid())")
        == "1000 1000\n"
    )


def test_the_migrator_is_found_from_any_folder_and_the_harness_is_not(
    engine: docker.DockerClient, ready: ImageReady
) -> None:
    program = "import migrator, importlib.util as u; print(migrator.__file__, u.find_spec('harness'))"
    assert (
        inside(engine, "python3", "-c", program, folder="/tmp") == "/opt/migrator/migrator/__init__.py None\n"
    )


def test_bytecode_is_there_and_is_not_checked_against_its_source(
    engine: docker.DockerClient, ready: ImageReady
) -> None:
    program = (
        "import json, yaml, migrator, pathlib; "
        "flags = [pathlib.Path(m.__cached__).read_bytes()[4] for m in (json, yaml, migrator)]; "
        "print(json.dumps(flags))"
    )
    assert json.loads(inside(engine, "python3", "-c", program)) == [1, 1, 1]  # PEP 552: hash-based, unchecked


def test_a_second_build_makes_the_same_image(ready: ImageReady) -> None:
    again = ensure_image(context=REPOSITORY, say=print)
    assert again == ready


def test_a_base_that_cannot_be_had_is_named_and_not_replaced(
    ready: ImageReady, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BASE_IMAGE", "localhost:1/no-such-base:1")
    answer = ensure_image(tag=TRIAL_TAG, context=REPOSITORY, say=print)
    assert isinstance(answer, ImageUnavailable)
    assert answer.reason.startswith("BASE_IMAGE names localhost:1/no-such-base:1, which is not here")


def test_a_build_that_fails_says_what_it_printed_last(
    ready: ImageReady, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BASE_IMAGE", ready.base)
    (tmp_path / "migrator").mkdir()
    (tmp_path / "migrator" / "__init__.py").write_text("")
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nRUN echo out of luck; exit 7\n")
    answer = ensure_image(tag=TRIAL_TAG, context=tmp_path, say=print)
    assert isinstance(answer, ImageUnavailable)
    assert "out of luck" in answer.reason
    assert "code: 7" in answer.reason


def test_a_changed_migrator_replaces_its_image_and_leaves_no_old_one_behind(
    engine: docker.DockerClient, ready: ImageReady, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BASE_IMAGE", ready.base)
    (tmp_path / "migrator").mkdir()
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY migrator /opt/migrator\n")
    answers = []
    for source in ("A = 1\n", "A = 2\n"):
        (tmp_path / "migrator" / "__init__.py").write_text(source)
        answers.append(ensure_image(tag=TRIAL_TAG, context=tmp_path, say=print))
    first, second = answers
    assert isinstance(first, ImageReady)
    assert isinstance(second, ImageReady)
    with pytest.raises(ImageNotFound):
        engine.images.get(first.image_id)
    engine.images.remove(second.image_id)
