"""What a person runs here: `nox` alone tests without a container engine, `nox -l` lists everything else.

All sessions share one environment, `.nox/shared`, which is installed anew only when `pyproject.toml` changes.
Listing must stay quick and must not import the harness, so scenario files are read here as plain TOML, and stories as text.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "none"
nox.options.sessions = ["tests"]

ROOT = Path(__file__).parent
ENVIRONMENT = ROOT / ".nox" / "shared"
BIN = ENVIRONMENT / "bin"
SABOTEURS = "tests/quality/test_saboteurs.py"
SUITE = ("-n2", f"--ignore={SABOTEURS}", "tests/quality", "tests/unit")


@nox.session
def tests(session: nox.Session) -> None:
    """Test without a container engine; arguments after `--` go to pytest instead."""
    _install(session)
    _pytest(session, *(session.posargs or SUITE))


@nox.session(default=False)
def saboteurs(session: nox.Session) -> None:
    """Run every small wrong migrator; fail where one is not rejected by the claim that it names."""
    _install(session)
    _pytest(session, *(session.posargs or ("-n2", SABOTEURS)))


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the unit tests, slower, and fail where too few branches are covered."""
    _install(session)
    _pytest(session, "--cov", "--cov-report=", "-n2", "tests/unit")
    _run(session, "coverage", "report")


@nox.session
def container(session: nox.Session) -> None:
    """Test inside containers; skipped, with the reason, where no engine answers."""
    _install(session)
    ask = "from harness.sandbox.image import engine_trouble; print(engine_trouble() or '')"
    answer = session.run(str(BIN / "python"), "-c", ask, external=True, silent=True, log=False)
    if isinstance(answer, str) and answer.strip():
        session.skip(answer.strip())
    _run(session, "harness", "image")
    _run(session, "pytest", "-m", "container", *(session.posargs or ["tests/container"]))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and who imports whom."""
    _install(session)
    _run(session, "ruff", "check", ".")
    _run(session, "ruff", "format", "--check", ".")
    _run(session, "lint-imports")


@nox.session
def types(session: nox.Session) -> None:
    """Check all types strictly."""
    _install(session)
    _run(session, "mypy")


@nox.session
def image(session: nox.Session) -> None:
    """Build the migrator's image, on a base made here if no registry can be reached."""
    _install(session)
    _run(session, "harness", "image", *session.posargs)


@nox.session
def gate(session: nox.Session) -> None:
    """Decide: release, hold or roll back; in containers if an engine answers, else in the embedded sandbox."""
    _install(session)
    _run(session, "harness", "gate", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Try every fault of each scenario of faults; goes on where it was left off, anew after `-- --fresh` or a change."""
    _install(session)
    record = ENVIRONMENT.parent / "faults.txt"
    if "--fresh" in session.posargs:
        record.unlink(missing_ok=True)
    named = [word for word in session.posargs if not word.startswith("-")]
    chosen = [path for path in sorted((ROOT / "scenarios").glob("*.toml")) if _tries_faults(_read(path))]
    chosen = [path for path in chosen if not named or path.stem in named]
    state = _sources()
    known = set(record.read_text().splitlines()) if record.exists() else set()
    left = [path.stem for path in chosen if f"{state} {path.stem}" not in known]
    session.log(
        f"{len(chosen) - len(left)} of {len(chosen)} scenarios have passed as all is now, {len(left)} are left"
    )
    failed, began = list[str](), time.monotonic()
    with ThreadPoolExecutor(
        2
    ) as workers:  # each is a program of its own that waits for the sandbox most of the time
        running = {workers.submit(_every_fault, stem): stem for stem in left}
        try:
            for done, one in enumerate(as_completed(running), 1):
                stem, (status, said) = running[one], one.result()
                minutes = (time.monotonic() - began) / 60
                session.log(f"{done} of {len(left)} in {minutes:.0f} min: {stem}\n{said}")
                if status:
                    failed.append(stem)
                    continue
                with record.open("a") as file:
                    file.write(f"{state} {stem}\n")
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        session.error(f"not passed: {', '.join(failed)}")


def _every_fault(stem: str) -> tuple[int, str]:
    """Returns the exit status of a scenario with every fault, and its report; its progress goes to stderr meanwhile."""
    environment = {**os.environ, "PATH": os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))}
    words = [str(BIN / "harness"), "run", stem, "--every-fault"]
    ran = subprocess.run(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return ran.returncode, ran.stdout.rstrip()


def _tries_faults(scenario: dict[str, Any]) -> bool:
    """Tells whether a step of a scenario has faults at operations."""
    return any("points" in step or step.get("kill") == "each-write" for step in scenario.get("steps") or [])


def _sources() -> str:
    """The digest of all that a verdict hangs on."""
    files = [path for folder in ("harness", "migrator", "scenarios") for path in (ROOT / folder).rglob("*.*")]
    told = hashlib.sha256()
    for path in sorted(path for path in files if path.suffix in {".py", ".toml"}):
        told.update(path.read_bytes())
    return told.hexdigest()


def _install(session: nox.Session) -> None:
    """The shared environment has the project, editable, and every dependency group; the migrator is compiled.

    In the embedded sandbox it could not keep its bytecode, and would be compiled anew for each of thousands of runs.
    """
    _prepare(session)
    session.run(
        str(BIN / "python"), "-m", "compileall", "-q", str(ROOT / "migrator"), external=True, log=False
    )


def _prepare(session: nox.Session) -> None:
    stamp = ENVIRONMENT / "installed-for"
    wanted = hashlib.sha256(
        (ROOT / "pyproject.toml").read_bytes() + f"{sys.version} {ROOT}".encode()
    ).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    groups = nox.project.load_toml(ROOT / "pyproject.toml")
    needs = nox.project.dependency_groups(groups, *groups["dependency-groups"])
    # The groups are spelt out because pip knows `--group` only since 25.1.
    session.run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT), external=True)
    pip = (str(BIN / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    session.run(*pip, "--editable", str(ROOT), *needs, external=True)
    stamp.write_text(wanted)


def _run(session: nox.Session, program: str, *arguments: str, **variables: str) -> None:
    """The program of the shared environment has ended well; it finds the others of that environment first."""
    path = os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))
    session.run(str(BIN / program), *arguments, external=True, env={"PATH": path, **variables})


def _pytest(session: nox.Session, *arguments: str) -> None:
    """The tests have passed; their homes lay in memory where that is possible, for most of their time is fsync."""
    memory = Path("/dev/shm")  # noqa: S108
    place = {"TMPDIR": str(memory)} if os.access(memory, os.W_OK) else {}
    _run(session, "pytest", "-m", "not container", *arguments, **place)


def _scenario(stem: str) -> Callable[[nox.Session], None]:
    def scenario(session: nox.Session) -> None:
        _install(session)
        _run(session, "harness", "run", stem, *session.posargs)

    return scenario


def _read(path: Path) -> dict[str, Any]:
    """The scenario as far as it can be read: a broken one stays in the list, and `harness run` says what is wrong."""
    try:
        return _read_story(path) if path.suffix == ".py" else nox.project.load_toml(path)
    except (OSError, ValueError, SyntaxError) as error:
        return {"summary": f"cannot be read: {' '.join(str(error).split())}"}


def _read_story(path: Path) -> dict[str, Any]:
    """The docstring of a story's file, and the system that it names; the file is not run."""
    tree = ast.parse(path.read_bytes())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [word.value for call in calls for word in call.keywords if word.arg == "system"]
    values = [value.value for value in named if isinstance(value, ast.Constant)]
    return {"summary": " ".join((ast.get_docstring(tree) or "").split()), "system": next(iter(values), None)}


for _path in sorted([*(ROOT / "scenarios").glob("*.toml"), *(ROOT / "scenarios").glob("*.py")]):
    _content = _read(_path)
    _session = _scenario(_path.stem)
    _session.__doc__ = str(_content.get("summary") or "").strip()
    _system = _content.get("system")
    nox.session(
        name=f"scenario-{_path.stem}",
        tags=[_system] if isinstance(_system, str) else [],
        default=False,
    )(_session)
