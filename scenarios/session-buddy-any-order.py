"""Whatever session-buddy, upstream's tools and others do between runs, broken ones and ways back: no row of anybody is lost."""

from harness import usual_steps
from harness.story import Story
from harness.systems import session_buddy
from harness.world import World

story = Story(
    system="session-buddy",
    shows=["M-03", "M-05", "M-07", "SB-05", "SB-06"],
    home={"skills": "1..3", "sessions": "0..4"},
    cases=20,
    length=(2, 8),
)
usual_steps.runs(story)
usual_steps.broken_runs(story)
usual_steps.locks(story, session_buddy)
usual_steps.looks(story)


@story.step
def prune_now(world: World) -> None:
    world.prune_now()


usual_steps.others(story, usual_steps.doers(session_buddy), often=4)
usual_steps.damage(story, session_buddy.CORRUPTIONS)
usual_steps.always(story, legacy=False)
