from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.channel import SandboxError
from harness.sandbox.choose import Choice, choose
from harness.sandbox.session import Session

pytest.register_assert_rewrite("battery")


@pytest.fixture(scope="session")
def support(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("support")
    (folder / "tool.py").write_text("ready", encoding="utf-8")
    return folder


@pytest.fixture(scope="session", params=["bubblewrap", "namespaces", "bare"])
def choice(request: pytest.FixtureRequest) -> Choice:
    try:
        return choose(request.param)
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def session(choice: Choice, support: Path) -> Iterator[Session]:
    with choice.open(support=support, memory_mb=256, home_mb=64, home_files=2048) as opened:
        yield opened
