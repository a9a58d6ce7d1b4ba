"""Whatever order of runs, broken ones, held locks, ways back, damage and new work: every record is somewhere, none is made up."""

from harness import usual_steps
from harness.story import Story
from harness.systems import ao
from harness.world import World

story = Story(
    system="ao",
    shows=["M-03", "M-04", "M-05", "M-07"],
    home={"projects": "1..2", "sessions": "1..4"},
    cases=20,
    length=(2, 9),
)
usual_steps.runs(story)
usual_steps.broken_runs(story)
usual_steps.locks(story, ao)
usual_steps.looks(story)


@story.step
def prune(world: World) -> None:
    world.prune()


@story.step
def prune_now(world: World) -> None:
    world.prune_now()


usual_steps.others(story, usual_steps.doers(ao), often=3)
usual_steps.damage(story, ao.CORRUPTIONS)
usual_steps.always(story)
