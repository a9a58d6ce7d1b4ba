"""An image of an older migrator is never tested in the new one's place."""

from pathlib import Path

import pytest

from harness.commands import image
from harness.sandbox.channel import SandboxError
from harness.sandbox.image import TAG, ImageReady, ImageUnavailable

READY = ImageReady(TAG, "sha256:0", "a base")
BROKEN = ImageUnavailable("the build failed")


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(image, "engine_trouble", lambda: None)
    return monkeypatch


def test_what_is_wanted_stays_where_the_image_is_ready(at_home: pytest.MonkeyPatch) -> None:
    at_home.setattr(image, "ensure_image", lambda **_: READY)
    assert [image.make_ready(wanted, TAG) for wanted in ("auto", "container", "bare")] == [
        "auto",
        "container",
        "bare",
    ]


def test_an_image_that_cannot_be_built_leaves_the_embedded_sandbox_and_says_why(
    at_home: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at_home.setattr(image, "ensure_image", lambda **_: BROKEN)
    assert image.make_ready("auto", TAG) == "embedded"
    assert "the build failed" in capsys.readouterr().err
    with pytest.raises(SandboxError, match="the build failed"):
        image.make_ready("container", TAG)


def test_without_an_engine_choosing_tells_the_reason(at_home: pytest.MonkeyPatch) -> None:
    at_home.setattr(image, "ensure_image", lambda **_: BROKEN)
    at_home.setattr(image, "engine_trouble", lambda: "no engine answers")
    assert image.make_ready("auto", TAG) == "auto"


def test_the_image_of_another_migrator_is_its_owners_business(at_home: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> None:
        pytest.fail("it was built")

    at_home.setattr(image, "ensure_image", never)
    assert image.make_ready("container", "their-tool:1") == "container"
