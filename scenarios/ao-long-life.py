"""Weeks in which both tools live on: runs, broken runs and ways back end well, and none forgets an earlier one."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere, nothing_is_made_up, others_work_is_somewhere
from harness.story import Story
from harness.world import World

LEGACY = [
    "",
    "legacy-new-session",
    "legacy-session-ended",
    "legacy-transcript-grows",
    "legacy-file-corrupted",
]
DAEMON = [
    "",
    "new-work",
    "own-work",
    "changed-rows",
    "pull-requests",
    "longer-transcript",
    "older-rows-changed",
    "work-in-log",
]
RARELY = st.sampled_from([False, False, False, True])

story = Story(
    system="ao",
    shows=["M-01", "M-03", "M-04", "M-06", "M-07"],
    home={
        "projects": "1..2",
        "sessions": "1..3",
        "target": "used",
        "journal": "wal-pending",
        "transcripts": "all",
    },
    generator="pool",
    cases=10,
    length=(3, 6),
)


@story.step(often=4, legacy=st.sampled_from(LEGACY), broken=RARELY, daemon=st.sampled_from(DAEMON))
def week(world: World, legacy: str = "", daemon: str = "", *, broken: bool = False) -> None:
    if legacy and world.settled:  # what others do in the middle of broken work has no one right end
        world.meanwhile(legacy)
    if broken:
        world.migrate(kill="random")
    world.migrate()
    if daemon and world.settled:
        world.meanwhile(daemon)


@story.step
def broken_run(world: World) -> None:
    world.migrate(kill="random")


@story.step(often=2, broken=RARELY)
def way_back(world: World, *, broken: bool = False) -> None:
    if broken:
        world.rollback(kill="random")
    world.rollback()


@story.step
def broken_way_back(world: World) -> None:
    world.rollback(kill="random")


@story.step
def tidying(world: World) -> None:
    world.prune_now()


story.always(every_record_is_somewhere)
story.always(others_work_is_somewhere)
story.always(nothing_is_made_up)
