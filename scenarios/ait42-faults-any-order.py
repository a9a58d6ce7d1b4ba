"""Runs and ways back in any order, some broken at any operation by a kill, an error, a loss of power or others who write: no session is lost or made up."""

from harness import usual_steps
from harness.story import Story

story = Story(
    system="ait42",
    shows=["M-01", "M-03", "M-04", "M-07"],
    home={"workspaces": "1..2", "sessions": "1..3", "instances": "0..1", "target": "used"},
    cases=8,
    length=(2, 5),
)
usual_steps.faults_at_operations(story, ["legacy-new-session", "legacy-talks-on"])
usual_steps.others(story, ["new-work", "own-work"])
usual_steps.always(story, work=False)
