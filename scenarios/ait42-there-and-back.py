"""Whoever works in files and database, and however often it is migrated and taken back: no session is lost or made up."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere, nothing_is_made_up
from harness.story import Story
from harness.world import World

story = Story(
    system="ait42",
    shows=["A42-03", "A42-06", "M-01", "M-07"],
    home={"workspaces": "1..2", "sessions": "1..3", "instances": "1..2"},
    generator="pool",
    cases=12,
    length=(2, 6),
)


@story.step(often=3, files=st.sampled_from(["", "legacy-new-session", "legacy-winner", "legacy-talks-on"]))
def migrate(world: World, files: str = "") -> None:
    if files:
        world.meanwhile(files)
    world.migrate()


@story.step(
    often=3, database=st.sampled_from(["own-work", "new-work", "changed-rows", "renamed-task", "work-in-log"])
)
def work(world: World, database: str) -> None:
    world.meanwhile(database)


@story.step
def rollback(world: World) -> None:
    world.rollback()


story.always(every_record_is_somewhere)
story.always(nothing_is_made_up)
