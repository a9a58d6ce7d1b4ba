"""What every test may ask for, and what none may do: reach a container engine without saying so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import docker
import pytest
from docker.api.client import APIClient

REPOSITORY = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What is tried only when asked for: it mounts file systems."""
    parser.addoption(
        "--real-fs", action="store_true", help="cut the power of real ext4 file systems; needs root"
    )


@pytest.fixture(autouse=True)
def guarded_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the marker `container`, a test that would talk to a container engine fails by name."""
    if request.node.get_closest_marker("container") or "engine_nowhere" in request.fixturenames:
        return

    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail(f"{request.node.nodeid} reaches for a container engine and lacks the marker `container`")

    monkeypatch.setattr(docker, "from_env", refuse)
    monkeypatch.setattr(docker, "DockerClient", refuse)
    monkeypatch.setattr(APIClient, "__init__", refuse)


@pytest.fixture
def engine_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The address of the container engine is one at which there can be none."""
    monkeypatch.setenv("DOCKER_HOST", "nowhere")


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of homes that the real upstream tools wrote; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("GOLDEN_HOMES") or REPOSITORY.parent / "shared" / "golden")
    if not folder.is_dir():
        pytest.skip(f"no golden homes at {folder}; set GOLDEN_HOMES to their folder")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the source tree."""
    return REPOSITORY
