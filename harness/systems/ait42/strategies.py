"""Small legacy states drawn field by field; they shrink to one plain session, and to nothing where that is allowed."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st
from msgspec.structs import replace

from harness.amounts import share, span
from harness.systems.ait42 import naming
from harness.systems.ait42.model import (
    INSTANCE_STATUSES,
    RUNTIMES,
    SESSION_STATUSES,
    Instance,
    LegacyState,
    Mapping,
    Message,
    Session,
    Shape,
    Spelling,
    TargetState,
    Workspace,
)
from harness.systems.ait42.writer import EXTRAS

CLOCK_MS = 1_765_540_800_000  # 2025-12-12T12:00:00Z
_FOLDERS = ("app", "my_app", "web site", "naïve", "プロジェクト", "a.b", "x")
_TASKS = (
    "Fix the login",
    "ログインを\n直してください 🙏",
    "c++ auth-fix",
    'a "quoted" task',
    "",
    "0",
    "tab\there \\ / \x1b[1m",
)
_OUTPUTS = ("", "\x1b[32m✓\x1b[0m ok\r\n", "作業\x00完了", "x" * 300)
_LONG = 10_001
_ODD_STATUSES = ("round_1", "round_23", "round_x", "started", "archived", "cancelled", "", "Running")
_IDS = ("msg-1", "msg-2", "msg-1-response", "history-1-5")


def states(shape: Shape) -> st.SearchStrategy[LegacyState]:
    """Returns the strategy that draws states of the shape; with ``clean = false`` also of records that are odd."""
    low, high = span(shape.workspaces)
    return st.builds(
        LegacyState,
        user=st.just(shape.user) if shape.user else st.sampled_from(naming.USERS),
        workspaces=st.lists(_workspaces(shape), min_size=low, max_size=high).map(
            lambda drafts: _set_apart(drafts, shape)
        ),
        older=st.none() | st.lists(_sessions(shape), max_size=2).map(tuple),
        extras=st.lists(st.sampled_from(sorted(EXTRAS)), unique=True, max_size=3).map(sorted).map(tuple),
        target=st.just(TargetState(shape.target, shape.journal)),
        clock_ns=st.just(CLOCK_MS * 1_000_000),
    )


def _often(text: str) -> st.SearchStrategy[bool]:
    """Returns a strategy that is true about as often as the share says, and shrinks to false where it may."""
    part = share(text)
    return st.just(part == 1) if part in {0, 1} else st.integers(0, 99).map(lambda n: n >= 100 * (1 - part))


def _workspaces(shape: Shape) -> st.SearchStrategy[Workspace]:
    low, high = span(shape.sessions)
    otherwise: Mapping = "wrong" if shape.wrong_mapping else "none"
    spellings = st.sampled_from(("slash", "link"))
    return st.builds(
        _workspace,
        path=st.sampled_from(_FOLDERS),
        elements=st.lists(_elements(shape), min_size=low, max_size=high),
        exists=st.booleans().map(lambda gone: not gone),
        mapping=_often(shape.mapped).map(lambda known: "right" if known else otherwise),
        spelling=_often(shape.split).flatmap(lambda split: spellings if split else st.just("")),
        debate=_debates(),
    )


def _workspace(
    *,
    path: str,
    elements: list[tuple[Session, ...]],
    exists: bool,
    mapping: Mapping,
    spelling: Spelling,
    debate: Session,
) -> Workspace:
    sessions = tuple(session for group in elements for session in group)
    return Workspace(path, sessions, exists, mapping, spelling, (debate,) if spelling else ())


def _elements(shape: Shape) -> st.SearchStrategy[tuple[Session, ...]]:
    single = _sessions(shape)
    pair = st.tuples(single, single).map(
        lambda two: (two[0], replace(two[1], id=two[0].id, created_at=two[0].created_at, type=two[0].type))
    )
    return st.tuples(_often(shape.debates), _often(shape.twins)).flatmap(
        lambda kind: (
            _debates().map(lambda one: (one,))
            if kind[0]
            else pair
            if kind[1]
            else single.map(lambda one: (one,))
        )
    )


def _instants() -> st.SearchStrategy[str]:
    moments = st.integers(CLOCK_MS - 40 * 86_400_000, CLOCK_MS)
    fractions = st.sampled_from((0, 1, 1_000, 1_000_000, 999_999_999))
    rust = st.builds(lambda ms, ns: naming.rust_time(ms // 1000 * 10**9 + ns), moments, fractions)
    return moments.map(naming.javascript_time) | rust


def _uuids() -> st.SearchStrategy[str]:
    return st.integers(0, 2**128 - 1).map(naming.uuid)


def _debates() -> st.SearchStrategy[Session]:
    return st.builds(
        Session,
        id=_uuids(),
        type=st.just("debate"),
        task=st.just("Debate in progress"),
        status=st.sampled_from(("round_1", "round_2", "round_3", "completed")),
        created_at=_instants(),
        updated_at=_instants(),
        completed_at=st.none(),
        files_changed=st.just(0),
        lines_added=st.just(0),
        lines_deleted=st.just(0),
    )


def _sessions(shape: Shape) -> st.SearchStrategy[Session]:
    low, high = span(shape.instances)
    few, many = span(shape.messages)
    odd = not shape.clean
    types = ("competition", "ensemble", "integration", *(("duel", "") if odd else ()))
    counts = st.none() | st.integers(0, 2**32 - 1)
    instances = st.lists(_instances(odd=odd), min_size=low, max_size=high).map(
        lambda drafts: tuple(drafts) if odd else _numbered(drafts)
    )
    return st.builds(
        _settled if odd else _referring,
        st.builds(
            Session,
            id=_uuids(),
            type=st.sampled_from(types),
            task=st.sampled_from(_TASKS),
            status=st.sampled_from(SESSION_STATUSES + (_ODD_STATUSES if odd else ())),
            created_at=_instants(),
            updated_at=_instants() | st.sampled_from(("", "yesterday", "2025-12-01 08:00:00"))
            if odd
            else _instants(),
            completed_at=st.none() | _instants(),
            instances=instances,
            chat=st.lists(_messages(shape, odd=odd), min_size=few, max_size=many).map(tuple),
            model=st.sampled_from((None, "sonnet", "claude-sonnet-4-5-20250929")),
            timeout=st.sampled_from((None, 600, 1, 2**32 - 1, *((0,) if odd else ()))),
            preserve=st.sampled_from((None, True, False)),
            winner=st.none() | st.integers(0, 3),
            runtime_mix=st.none() | st.lists(st.sampled_from(RUNTIMES), max_size=3).map(tuple),
            duration=st.sampled_from((None, 0, 2**63 - 1, *((2**63, 2**64 - 1) if odd else ()))),
            files_changed=counts,
            lines_added=counts,
            lines_deleted=counts,
        ),
    )


def _instances(*, odd: bool) -> st.SearchStrategy[Instance]:
    runtimes = (None, *RUNTIMES, *(("", "cursor") if odd else ()))
    return st.builds(
        Instance,
        number=st.integers(0, 3) | st.just(2**32 - 1),
        worktree=st.sampled_from(
            ("{workspace}/src-tauri/.worktrees/competition-1/instance-1", "", "/srv/ait42/1")
        ),
        branch=st.sampled_from(("", "competition/1")),
        agent=st.sampled_from(naming.AGENTS),
        status=st.sampled_from(INSTANCE_STATUSES + (_ODD_STATUSES if odd else ())),
        tmux=st.sampled_from(("", "ait42-comp-1")),
        output=st.none() | st.sampled_from(_OUTPUTS),
        started=st.none() | _instants(),
        ended=st.none() | _instants(),
        files_changed=st.none() | st.integers(0, 2**32 - 1),
        runtime=st.sampled_from(runtimes),
        model=st.sampled_from((None, "opus")),
        runtime_label=st.sampled_from((None, "Codex")),
    )


def _messages(shape: Shape, *, odd: bool) -> st.SearchStrategy[Message]:
    roles = ("user", "assistant", "system", *(("tool", "") if odd else ()))
    texts = st.sampled_from(_TASKS)
    contents = _often(shape.long).flatmap(
        lambda long: texts.map(lambda text: text + "長" * _LONG) if long else texts
    )
    return st.builds(
        Message,
        id=st.sampled_from(_IDS) if odd else st.integers(0, 10**9).map(lambda n: f"msg-{CLOCK_MS - n}"),
        role=st.sampled_from(roles),
        content=contents,
        timestamp=_instants(),
        instance=st.none() | st.integers(0, 3),
    )


def _numbered(drafts: list[Instance]) -> tuple[Instance, ...]:
    """Returns the instances under numbers that count up from the first one's."""
    first = drafts[0].number % 2 if drafts else 0
    return tuple(replace(draft, number=first + place) for place, draft in enumerate(drafts))


def _settled(session: Session) -> Session:
    return session


def _referring(session: Session) -> Session:
    """Returns the session with references to its own instances only, and ids of messages that differ from all others'."""
    known = {instance.number for instance in session.instances}
    chat = tuple(
        replace(
            message,
            id=f"{message.id}{session.id[:4]}-{place}",
            instance=message.instance if message.instance in known else None,
        )
        for place, message in enumerate(session.chat)
    )
    return replace(session, chat=chat, winner=session.winner if session.winner in known else None)


def _set_apart(drafts: list[Workspace], shape: Shape) -> tuple[Workspace, ...]:
    """Returns the workspaces with paths that differ and, where all is to be clean, ids that do."""
    workspaces = []
    taken: set[str] = set()
    for number, draft in enumerate(drafts):
        files = []
        for sessions in (draft.sessions, draft.debates):
            files.append(tuple(session for session in sessions if session.id not in taken))
            if shape.clean:
                taken |= {session.id for session in sessions}
        path = f"code/{draft.path}{number or ''}"
        workspaces.append(dataclasses.replace(draft, path=path, sessions=files[0], debates=files[1]))
    return tuple(workspaces)
