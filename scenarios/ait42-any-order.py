"""Whoever works in files and database between the runs, broken ones and ways back too: no session is lost or made up."""

from hypothesis import strategies as st

from harness import usual_steps
from harness.story import Story
from harness.systems import ait42
from harness.world import World

IN_FILES = [
    "",
    "legacy-new-session",
    "legacy-winner",
    "legacy-talks-on",
    "legacy-session-deleted",
    "legacy-file-corrupted",
]
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
def a_way_back(world: World) -> None:
    world.rollback()


usual_steps.broken_runs(story)
usual_steps.locks(story, ait42)
usual_steps.looks(story)
usual_steps.always(story, work=False)
