"""Runs of the toy product, stored below the test's own folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from toy import TOY, TOY_PROFILE, InMemory, Migrator, Run, right, scenario

from harness.result import RunResult
from harness.run import run_scenario
from harness.scenario import Scenario
from harness.store import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Runs a scenario with a migrator over the homes of a seed; each run has a folder of its own."""
    folders: list[RunFolder] = []

    def run_it(
        migrator: Migrator = right,
        asked: Scenario | None = None,
        *,
        session: InMemory | None = None,
        number: int = 0,
        cases: int = 30,
        profile: Any = TOY_PROFILE,
        **more: Any,
    ) -> RunResult:
        asked = asked or scenario()
        folders.append(RunFolder.create(tmp_path / str(len(folders)), asked, profile, 0.0))
        used = session or InMemory(migrator)
        return run_scenario(
            TOY, asked, profile, used.as_session(), folders[-1], number=number, cases=cases, **more
        )

    yield run_it
    for folder in folders:
        folder.close()
