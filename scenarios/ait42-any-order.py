"""Whoever works in files and database between the runs, broken ones and ways back too: no session is lost or made up."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere, nothing_is_made_up
from harness.story import Story
from harness.systems.ait42 import ACTORS
from harness.world import World

IN_FILES = [
    "",
    "legacy-new-session",
    "legacy-winner",
    "legacy-talks-on",
    "legacy-session-deleted",
    "legacy-file-corrupted",
]
HOLDERS = sorted(name for name, actor in ACTORS.items() if actor.holders)
IN_DATABASE = ["", "own-work", "new-work", "changed-rows", "renamed-task", "work-in-log"]

story = Story(
    system="ait42",
    shows=["A42-03", "A42-05", "M-01", "M-03"],
    home={
        "workspaces": "1..2",
        "sessions": "1..3",
        "instances": "1..2",
        "target": "used",
        "journal": "wal-pending",
    },
    generator="pool",
    cases=12,
    length=(2, 7),
)


@story.step(often=3, files=st.sampled_from(IN_FILES), database=st.sampled_from(IN_DATABASE))
def a_week(world: World, files: str = "", database: str = "") -> None:
    if files and world.settled:  # what others do in the middle of broken work has no one right end
        world.meanwhile(files)
    world.migrate()
    if database and world.settled:
        world.meanwhile(database)


@story.step
def a_broken_run(world: World) -> None:
    world.migrate(kill="random")


@story.step
def a_way_back(world: World) -> None:
    world.rollback()


@story.step
def a_broken_way_back(world: World) -> None:
    world.rollback(kill="random")


@story.step(holder=st.sampled_from(HOLDERS), back=st.booleans())
def held(world: World, holder: str, *, back: bool = False) -> None:
    world.run("rollback" if back else "migrate", meanwhile=holder)


@story.step
def a_look(world: World) -> None:
    world.verify()
    world.dry_run()


story.always(every_record_is_somewhere)
story.always(nothing_is_made_up)
