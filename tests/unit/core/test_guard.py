"""The suite's own guard: no container engine without the marker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import docker
import pytest
from docker.api.client import APIClient


@pytest.mark.parametrize("name", ["from_env", "DockerClient", "APIClient"])
def test_a_test_without_the_marker_fails_as_it_reaches_for_an_engine(name: str) -> None:
    reach: Callable[[], Any] = getattr(docker, name)
    with pytest.raises(pytest.fail.Exception, match="lacks the marker `container`"):
        reach()


@pytest.mark.container
def test_the_marker_lifts_the_guard() -> None:
    APIClient(base_url="unix:///nowhere.sock", version="1.44").close()
