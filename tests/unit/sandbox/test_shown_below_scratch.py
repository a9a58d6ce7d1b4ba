"""A checkout, or a Python, that lies in /home, /tmp or /dev/shm is shown there and survives every case."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.home import Home
from harness.sandbox import bubblewrap, namespaces, view
from harness.sandbox.channel import RefusedError as SaidNo
from harness.sandbox.channel import SandboxError
from harness.sandbox.inside import tree
from harness.sandbox.session import Session


@pytest.fixture(params=[bubblewrap, namespaces], ids=["bubblewrap", "namespaces"])
def session(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    if not str(tmp_path).startswith(view.SCRATCH):
        pytest.skip(f"{tmp_path} does not lie in a folder that is replaced in the sandbox")
    checkout = tmp_path / "some one" / "checkout"
    checkout.mkdir(parents=True)
    (checkout / "source.py").write_text("print('kept')")
    monkeypatch.setattr(request.param, "folders", lambda: [*view.folders(), str(checkout)])
    try:
        return request.param.open_session()  # type: ignore[no-any-return]
    except SandboxError as error:
        pytest.skip(str(error))


def test_it_can_be_used_and_not_changed_and_is_still_there_after_many_cases(
    session: Session, tmp_path: Path
) -> None:
    source = tmp_path / "some one" / "checkout" / "source.py"
    with session:
        for _ in range(3):
            session.lay_out(Home.empty(session.root_for()))
            assert session.run([sys.executable, str(source)], timeout=20).stdout == b"kept\n"
            written = session.run(["sh", "-c", 'echo lost > "$0"; rm -f "$0"', str(source)], timeout=20)
            assert written.status != 0
    assert source.read_text() == "print('kept')"


def test_what_a_case_leaves_beside_it_is_told_and_swept(session: Session, tmp_path: Path) -> None:
    beside = tmp_path / "some one" / "litter"
    with session:
        session.lay_out(Home.empty(session.root_for()))
        ran = session.run(["sh", "-c", 'mkdir "$0"; echo x > "$0/file"', str(beside)], timeout=20)
        assert ran.litter == (str(beside),)
        session.lay_out(Home.empty(session.root_for()))
        assert session.run(["test", "-e", str(beside)], timeout=20).status == 1
    assert not beside.exists()


def test_a_home_is_refused_where_something_is_shown() -> None:
    mounts = ["/home/some/project", "/tmp/clone"]
    tree.check_root("/home/u", "/home", mounts)
    tree.check_root("/home/some/other", "/home", mounts)
    for root in ("/home/some", "/home/some/project", "/home/some/project/below", "/tmp/u", "/home/../u"):
        with pytest.raises(tree.RefusedError):
            tree.check_root(root, "/home", mounts)


def test_a_sandbox_says_no_and_goes_on(session: Session, tmp_path: Path) -> None:
    with session:
        with pytest.raises(SaidNo, match="homes lie below"):
            session.lay_out(Home.empty(str(tmp_path)))
        session.lay_out(Home.empty(session.root_for()))
