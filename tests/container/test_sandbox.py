"""The battery of tests/unit/sandbox in a container, and what remains of one: nothing."""

from __future__ import annotations

import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from harness.home import Home
from harness.sandbox import container
from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import Choice, choose
from harness.sandbox.session import Session

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "sandbox"))
pytest.register_assert_rewrite("battery")

from battery import *  # noqa: E402, F403 - the tests are collected here, with this file's session
from dying import Harness, vanished  # noqa: E402

IMAGE = "state-migrator:local"

pytestmark = pytest.mark.container


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("support")
    folder.chmod(0o755)
    (folder / "tool.py").write_text("ready", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def choice() -> Choice:
    try:
        return choose("container", IMAGE)
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def session(choice: Choice, support: Path) -> Iterator[Session]:
    with choice.open(support=support, memory_mb=256, home_mb=64, home_files=2048) as opened:
        yield opened


def alive(short_id: str) -> list[str]:
    client = docker.from_env()
    try:
        return [each["Id"] for each in client.api.containers(all=True) if each["Id"].startswith(short_id)]
    finally:
        client.close()


def test_the_container_is_gone_soon_after_the_harness_is_killed(choice: Choice) -> None:
    mark = uuid.uuid4().hex
    with Harness("container", IMAGE, mark) as harness:
        assert alive(harness.host)
        harness.kill()
        until = time.monotonic() + 10
        while alive(harness.host) and time.monotonic() < until:
            time.sleep(0.05)
        assert alive(harness.host) == []
    assert vanished(mark, seconds=0)


def test_the_container_is_gone_when_the_session_is_closed(choice: Choice) -> None:
    with choice.open() as opened:
        opened.lay_out(Home.empty(opened.root_for()))
        host = opened.run(["python3", "-c", "import socket; print(socket.gethostname())"], timeout=20)
        short_id = host.stdout.decode().strip()
        assert alive(short_id)
    until = time.monotonic() + 10  # the engine removes it after its end
    while alive(short_id) and time.monotonic() < until:
        time.sleep(0.02)
    assert alive(short_id) == []


def test_a_container_that_was_made_and_never_started_is_swept(
    choice: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = docker.from_env()
    try:
        made = client.containers.create(IMAGE, labels={container.LABEL: "left"}, network_mode="none")
        choice.open().close()
        assert alive(made.id)  # another harness may be about to start it
        monkeypatch.setattr(container, "_START_SECONDS", -1)
        choice.open().close()
        assert alive(made.id) == []
    finally:
        client.close()


def test_the_number_of_processes_is_limited(choice: Choice) -> None:
    program = "import os, time\nfor _ in range(40):\n    if os.fork() == 0: time.sleep(60)\n"
    with choice.open(pids=20) as opened:
        opened.lay_out(Home.empty(opened.root_for()))
        ran = opened.run(["python3", "-c", program], timeout=20)
        assert ran.status == 1
        assert b"Resource temporarily unavailable" in ran.stderr
        assert opened.run(["python3", "-c", ""], timeout=20).status == 0


def test_an_image_that_is_not_there_is_a_reason_and_is_not_pulled() -> None:
    with pytest.raises(SandboxError, match="no image no-such-image:local"):
        choose("container", "no-such-image:local")
