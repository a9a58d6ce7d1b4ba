"""The suite's own guard: no container engine without the marker."""

from __future__ import annotations

import docker
import pytest
from docker.api.client import APIClient


def test_a_test_without_the_marker_fails_as_it_reaches_for_an_engine() -> None:
    for reach in (docker.from_env, docker.DockerClient, APIClient):
        with pytest.raises(pytest.fail.Exception, match="lacks the marker `container`"):
            reach(base_url="unix:///nowhere.sock")


@pytest.mark.container
def test_the_marker_lifts_the_guard() -> None:
    client = docker.DockerClient(base_url="unix:///nowhere.sock", version="1.44")
    client.close()
