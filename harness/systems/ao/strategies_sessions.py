"""Session records drawn field by field.  A drawn session has a pattern for its id until its project names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from hypothesis import strategies as st

from harness.amounts import share
from harness.systems.ao import naming, parts
from harness.systems.ao.model import (
    ENDED_STATUSES,
    LIVE_STATES,
    LIVE_STATUSES,
    RESUME_KEYS,
    Encoding,
    Form,
    Lifecycle,
    Project,
    Session,
    Shape,
)

_Category = Literal["Cc", "Cs", "Cn", "Co", "Zl", "Zp"]
_HALVES: tuple[_Category, ...] = ("Cs",)
_UNSEEN: tuple[_Category, ...] = ("Cc", "Cs", "Cn", "Co", "Zl", "Zp")
CLOCK_MS = 1_781_697_600_000  # 2026-06-17T12:00:00Z
_WORKER, _ORCHESTRATOR, _NUMBERED, _ALIAS = (
    "{prefix}-{number}",
    "{prefix}-orchestrator",
    "{prefix}-orchestrator-{number}",
    "{prefix}-{number}__from-0123456789ab",
)
_DIGIT_ALIAS = "{prefix}-{number}__from-012345678901"  # twelve hexadecimal digits that look decimal
_ODD_TEXTS = (
    "e\u0301",
    "key=value=more",
    " padded ",
    "a\tb",
    "\u2028",
    "NULL",
    "0",
    "-- ' \" ;",
    "🙂",
    "x" * 3_000,
)
_ODD_IDS = ("{prefix}-00{number}", "other-{number}", "{prefix}-9007199254740993{number}", "scratch{number}_x")
_V1_ENCODINGS: tuple[Encoding, ...] = ("status", "payload")


def line() -> st.SearchStrategy[str]:
    """Returns a strategy for one line of visible text in any script, without spaces at its ends."""
    letters = st.characters(exclude_categories=_UNSEEN, exclude_characters="\ufeff")
    return st.text(letters, max_size=12).map(lambda text: " ".join(text.split()))


def _texts(form: Form) -> st.SearchStrategy[str]:
    if form == "v1":
        odd = sorted({" ".join(text.split()) for text in _ODD_TEXTS})
        return line() | st.sampled_from(odd).filter(bool)
    return st.text(st.characters(exclude_categories=_HALVES), max_size=20) | st.sampled_from(_ODD_TEXTS)


def _instants() -> st.SearchStrategy[int]:
    return st.integers(0, 60 * 86_400_000).map(lambda before: CLOCK_MS - 86_400_000 - before)


def sessions_like(shape: Shape, form: Form) -> st.SearchStrategy[Session]:
    """Returns the strategy for one session of a project of the form."""
    encodings: list[Encoding] = [e for e in shape.encodings if form == "v2" or e in _V1_ENCODINGS]
    ended = share(shape.terminated)
    fates = (True,) if ended == 1 else (False, True) if ended else (False,)
    kinds = {
        (encoding, fate): _sessions_with(shape, form, encoding, ended=fate)
        for encoding in encodings or [_V1_ENCODINGS[0]]
        for fate in fates
    }
    return st.sampled_from(sorted(kinds, key=lambda kind: kind[1])).flatmap(kinds.__getitem__)


def _sessions_with(
    shape: Shape, form: Form, encoding: Encoding, *, ended: bool
) -> st.SearchStrategy[Session]:
    texts = _texts(form)
    agents = st.sampled_from(shape.agents)
    numbers = st.integers(1, 2**128 - 1)
    ids = (_WORKER, _ORCHESTRATOR, _NUMBERED, _ALIAS, _DIGIT_ALIAS, *(() if shape.clean else _ODD_IDS))
    return st.builds(
        Session,
        id=st.sampled_from(ids),
        agent=agents,
        branch=st.sampled_from(("session/{id}", "feat/INT-12", "")),
        role=st.sampled_from(("orchestrator", None)),
        worktree=st.sampled_from(("new", "old", "") if share(shape.transcripts) < 1 else ("new", "old")),
        worktree_state=st.sampled_from(("gone", "present", "linked", "repo"))
        if share(shape.worktrees)
        else st.just("gone"),
        lifecycle=st.none() if encoding == "status" else _lifecycles(ended=ended, clean=shape.clean),
        encoding=st.just(encoding),
        status=_statuses(encoding, ended=ended),
        issue=st.none() | st.sampled_from(("INT-12", "#7")),
        prompt=st.none() | texts,
        display_name=st.none() | texts,
        created_at=_instants().map(naming.iso) | st.none(),
        resume=st.fixed_dictionaries(
            {"id": numbers if share(shape.transcripts) == 1 else st.none() | numbers}
        ),
        tmux_name=st.none() | st.just("{id}"),
        ballast=_ballasts(texts),
        transcript=_transcripts(shape, texts),
        stopped=st.booleans(),
        mtime_ns=_instants().map(lambda ms: ms * 1_000_000 + 623_456),
    )


def _transcripts(shape: Shape, texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    if not share(shape.transcripts):
        return st.none()
    talks = st.lists(texts, max_size=3).map(tuple)
    return talks if share(shape.transcripts) == 1 else st.none() | talks


def _lifecycles(*, ended: bool, clean: bool) -> st.SearchStrategy[Lifecycle]:
    names = (
        ("terminated", "done") if ended else LIVE_STATES if clean else (*LIVE_STATES, "paused", "TERMINATED")
    )
    complete = st.builds(
        parts.lifecycle,
        kind=st.just("worker"),
        state=st.sampled_from(names),
        reason=st.just(""),
        created_ms=_instants(),
        moved_ms=_instants(),
        pr_number=st.sampled_from((0, 0, 12)),
    )
    with_reason = st.tuples(complete, st.integers(0, 4)).map(_reasoned)
    return with_reason | st.tuples(with_reason, st.booleans(), st.booleans()).map(_sparse)


def _reasoned(pair: tuple[Lifecycle, int]) -> Lifecycle:
    lifecycle, number = pair
    known = parts.REASONS.get(lifecycle.session["state"], ("task_in_progress",))
    return replace(lifecycle, session={**lifecycle.session, "reason": known[number % len(known)]})


def _sparse(choice: tuple[Lifecycle, bool, bool]) -> Lifecycle:
    """Returns a lifecycle that lacks parts; every key but the state is optional when legacy reads one."""
    lifecycle, runtime, times = choice
    session = dict(lifecycle.session)
    if not times:
        session.pop("lastTransitionAt")
        session.pop("startedAt")
    return Lifecycle(session, None, lifecycle.runtime if runtime else None, handle=False)


def _statuses(encoding: Encoding, *, ended: bool) -> st.SearchStrategy[str | None]:
    if encoding in {"object", "string", "nested"}:
        return st.none()
    if ended:
        return st.sampled_from(ENDED_STATUSES)
    return st.sampled_from(LIVE_STATUSES) | st.none()


def _ballasts(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Mapping[str, Any]]:
    return st.fixed_dictionaries(
        {},
        optional={
            "summary": texts,
            "pinnedSummary": texts,
            "prs": st.just("https://git.example/acme/app/pull/3,https://git.example/acme/app/pull/4"),
            "prEnrichment": st.just('{"state":"open","ciStatus":"passing"}'),
            "prAutoDetect": st.sampled_from((True, False, "on")),
            "dashboard": st.just({"port": 3000, "terminalWsPort": 14_800}),
            "agentReportedState": st.just("working"),
        },
    )


def plain_session(draft: Session, identity: str, project: Project) -> Session:
    """Returns the drawn session under its id, with all that follows from the id and the project."""
    orchestrator = identity.endswith("-orchestrator") or "-orchestrator-" in identity
    lifecycle = draft.lifecycle
    if lifecycle is not None and orchestrator:
        lifecycle = replace(lifecycle, session={**lifecycle.session, "kind": draft.role or "worker"})
    worktree = ""
    if draft.worktree_state == "repo":
        worktree = project.path
    elif draft.worktree:
        worktree = parts.worktree_path(project, identity, old=draft.worktree == "old")
    state = (
        "present" if draft.worktree == "old" and draft.worktree_state == "linked" else draft.worktree_state
    )
    resume = _resume(draft.agent, draft.resume["id"])
    ended = lifecycle is not None and lifecycle.session.get("reason") == "manually_killed"
    return replace(
        draft,
        id=identity,
        role=draft.role if orchestrator else None,
        branch=draft.branch.replace("{id}", identity),
        worktree=worktree,
        worktree_state=state,
        lifecycle=lifecycle,
        resume=resume,
        tmux_name=draft.tmux_name and identity,
        transcript=draft.transcript if "claudeSessionUuid" in resume and worktree else None,
        stopped=draft.stopped and ended,
    )


def _resume(agent: str, bits: Any) -> dict[str, str]:
    if agent not in RESUME_KEYS or bits is None:
        return {}
    return {RESUME_KEYS[agent]: naming.uuid(bits) if agent != "opencode" else f"ses_{bits:x}"}
