"""Runs and ways back in any order, some broken at any operation by a kill, an error or a loss of power: no row of anybody is lost or made up."""

from harness import usual_steps
from harness.story import Story

story = Story(
    system="session-buddy",
    shows=["M-01", "M-03", "M-07", "SB-05"],
    home={"skills": "1..3", "sessions": "0..4"},
    cases=8,
    length=(2, 5),
)
usual_steps.faults_at_operations(story)
usual_steps.others(story, ["new-invocations", "own-work"])
usual_steps.always(story, legacy=False)
