"""Runs and ways back in any order, some cut short by a kill or an error at any operation: every record is somewhere, none is made up."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere, nothing_is_made_up, others_work_is_somewhere
from harness.story import Story
from harness.world import World

FAULTS = st.sampled_from(["kill@{}", "ENOSPC@{}", "ENOSPC@{}+", "EIO@{}", "EIO@{}+", "short@{}"])

story = Story(
    system="ao",
    shows=["M-01", "M-03", "M-04", "M-07"],
    home={"projects": "1..2", "sessions": "1..3", "transcripts": "all"},
    cases=6,
    length=(2, 5),
)


@story.step
def migrate(world: World) -> None:
    world.migrate()


@story.step
def rollback(world: World) -> None:
    world.rollback()


@story.step(often=2, operation=st.integers(0, 130), fault=FAULTS)
def broken_run(world: World, operation: int, fault: str = "kill@{}") -> None:
    world.migrate(fault=fault.format(operation))


@story.step(operation=st.integers(0, 25), fault=FAULTS)
def broken_way_back(world: World, operation: int, fault: str = "kill@{}") -> None:
    world.rollback(fault=fault.format(operation))


@story.step(when=lambda world: world.settled, deed=st.sampled_from(["new-work", "own-work"]))
def daemon_works(world: World, deed: str) -> None:
    world.meanwhile(deed)


story.always(every_record_is_somewhere)
story.always(others_work_is_somewhere)
story.always(nothing_is_made_up)
