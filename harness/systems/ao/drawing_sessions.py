"""The sessions of one project from one seed; numbers come from `Random.random` by multiplication, which costs a
fraction of `choice` or `randint`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from harness.amounts import share
from harness.pools import Pools
from harness.systems.ao import naming, parts
from harness.systems.ao.model import (
    ENDED_STATUSES,
    LIVE_STATES,
    LIVE_STATUSES,
    RESUME_KEYS,
    Encoding,
    Lifecycle,
    Project,
    Session,
    Shape,
    WorktreeState,
)

_T = TypeVar("_T")
_DAY_MS = 86_400_000
_V1_ENCODINGS = ("payload", "status")


@dataclass(frozen=True, slots=True)
class Site:
    """What all sessions of one project share."""

    shape: Shape
    seed: int
    texts: Pools
    clock_ms: int
    project: Project


def pick(source: Random, values: Sequence[_T]) -> _T:
    """Returns one of the values."""
    return values[int(source.random() * len(values))]


def draw_sessions(site: Site, count: int) -> tuple[Session, ...]:
    """Returns `count` sessions: perhaps an orchestrator, then workers with rising numbers and some gaps."""
    prefix = parts.own_prefix(site.project)
    folder = parts.worktree_path(site.project, "")
    source = Random(f"{site.seed}/{folder}")  # noqa: S311 - reproducible, not secret
    sessions = []
    number = 0
    for index in range(count):
        if index == 0 and source.random() < 0.5:
            identity = f"{prefix}-orchestrator"
        elif index == 1 and source.random() < 0.1:
            identity = f"{prefix}-orchestrator-1"
        else:
            number += 1 if source.random() < 0.9 else 3
            identity = f"{prefix}-{number}" + ("__from-012345678901" if source.random() < 0.03 else "")
        sessions.append(_session(site, identity, "-orchestrator" in identity[len(prefix) :], source))
    return tuple(sessions)


def _session(site: Site, identity: str, orchestrator: bool, source: Random) -> Session:  # noqa: FBT001
    source.seed(f"{site.seed}/{site.project.id}/{identity}")
    chance = source.random
    texts, v1 = site.texts, site.project.form == "v1"
    agent = pick(source, site.shape.agents)
    created_ms = site.clock_ms - int((0.1 + chance() * 60) * _DAY_MS)
    ended = chance() < share(site.shape.terminated)
    encoding = _encoding(source, site.shape.encodings, v1=v1)
    lifecycle, moved_ms = _lifecycle(source, created_ms, encoding, orchestrator=orchestrator, ended=ended)
    old = v1 and chance() < 0.3
    worktree = parts.worktree_path(site.project, identity, old=old)
    state = _worktree_state(source, site, ended=ended)
    if old and state == "linked":
        state = "present"  # the old place is where the links of the new one lead
    uuid = naming.uuid(source.getrandbits(128))
    resume = _resume(agent, uuid, chance())
    title = texts.titles[int(chance() * len(texts.titles))]
    claude = "claudeSessionUuid" in resume and chance() < share(site.shape.transcripts)
    reason = lifecycle.session["reason"] if lifecycle else None
    return Session(
        id=identity,
        agent=agent,
        role="orchestrator" if orchestrator else None,
        branch=f"orchestrator/{identity}" if orchestrator else _branch(source, identity, texts),
        worktree=site.project.path if state == "repo" else worktree,
        worktree_state=state,
        lifecycle=lifecycle,
        encoding=encoding,
        status=_status(source, encoding, ended=ended),
        issue=None if orchestrator or chance() < 0.5 else f"INT-{int(chance() * 900)}",
        prompt=None if orchestrator or chance() < 0.2 else _line(source, texts.paragraphs, v1=v1),
        display_name=title if chance() < 0.7 else None,
        created_at=naming.iso(created_ms) if chance() < 0.95 else None,
        resume=resume,
        tmux_name=f"{site.project.storage_key}-{identity}" if v1 else identity,
        ballast=_ballast(source, texts, title, moved_ms),
        transcript=_transcript(source, texts) if claude else None,
        stopped=reason == "manually_killed" and chance() < 0.6,
        mtime_ns=moved_ms * 1_000_000 + 30_000_750_000,
    )


def _encoding(source: Random, allowed: Sequence[Encoding], *, v1: bool) -> Encoding:
    """Returns an encoding: mostly the first that is allowed, for V1 one of those that its releases knew."""
    if v1:
        allowed = [encoding for encoding in allowed if encoding in _V1_ENCODINGS] or ["status"]
    return allowed[0] if source.random() < 0.6 else pick(source, allowed)


def _lifecycle(
    source: Random, created_ms: int, encoding: Encoding, *, orchestrator: bool, ended: bool
) -> tuple[Lifecycle | None, int]:
    moved_ms = created_ms + int(source.random() * 2 * 3_600_000)
    if encoding == "status":
        return None, moved_ms
    state = pick(source, ("terminated", "terminated", "done")) if ended else pick(source, LIVE_STATES)
    reason = pick(source, parts.REASONS[state])
    number = 0 if source.random() < 0.6 else 1 + int(source.random() * 900)
    kind = "orchestrator" if orchestrator else "worker"
    return parts.lifecycle(kind, state, reason, created_ms, moved_ms=moved_ms, pr_number=number), moved_ms


def _status(source: Random, encoding: Encoding, *, ended: bool) -> str | None:
    if encoding in {"object", "string", "nested"}:
        return None
    return pick(source, ENDED_STATUSES if ended else LIVE_STATUSES)


def _worktree_state(source: Random, site: Site, *, ended: bool) -> WorktreeState:
    if source.random() >= share(site.shape.worktrees) * (0.2 if ended else 1.5):
        return "gone"
    return "present" if source.random() < 0.85 else pick(source, ("linked", "repo"))


def _resume(agent: str, uuid: str, chance: float) -> dict[str, str]:
    if agent not in RESUME_KEYS or chance < 0.15:
        return {}
    value = f"ses_{uuid[:8]}{uuid[9:13]}" if agent == "opencode" else uuid
    return {RESUME_KEYS[agent]: value}


def _branch(source: Random, identity: str, texts: Pools) -> str:
    if source.random() < 0.7:
        return f"session/{identity}"
    return f"feat/{pick(source, texts.words)}-{pick(source, texts.words)}"


def _line(source: Random, values: Sequence[str], *, v1: bool) -> str:
    text = pick(source, values)
    text = " ".join(text.split()) if v1 else text
    return f"{text} retries=3 a=b=c" if source.random() < 0.1 else text


def _ballast(source: Random, texts: Pools, title: str, moved_ms: int) -> dict[str, Any]:
    chance = source.random()
    if chance < 0.5:
        return {}
    ballast: dict[str, Any] = {"summary": title, "pinnedSummary": texts.titles[int(chance * 90)]}
    if chance > 0.85:
        ballast["agentReportedState"] = "working"
        ballast["agentReportedAt"] = naming.iso(moved_ms)
        ballast["reportWatcherTriggerCount"] = "0"
        ballast["dashboard"] = {"port": 3000, "terminalWsPort": 14_800, "directTerminalWsPort": 14_801}
    if chance > 0.7:
        ballast["prs"] = "https://github.example/acme/app/pull/3,https://github.example/acme/app/pull/4"
        ballast["prAutoDetect"] = True
        ballast["prEnrichment"] = '{"state":"open","ciStatus":"passing","title":"A \\"quoted\\" title"}'
    return ballast


def _transcript(source: Random, texts: Pools) -> tuple[str, ...]:
    start = int(source.random() * (len(texts.paragraphs) - 6))
    return texts.paragraphs[start : start + 1 + int(source.random() * 5)]
