"""Whatever order of runs, ways back, damage and new work on both sides: every record is somewhere, none is made up."""

from hypothesis import strategies as st

from harness.moment import Moment
from harness.story import Story
from harness.world import World

story = Story(
    system="ao",
    shows=["M-03", "M-04", "M-05", "M-07"],
    home={"projects": "1..2", "sessions": "1..4"},
    cases=15,
)


@story.step
def migrate(world: World) -> None:
    world.migrate()


@story.step(when=lambda world: world.offers("rollback"))
def rollback(world: World) -> None:
    world.rollback()


@story.step(when=lambda world: world.offers("dry_run"))
def dry_run(world: World) -> None:
    world.dry_run()


@story.step(when=lambda world: world.offers("verify"))
def verify(world: World) -> None:
    world.verify()


@story.step
def new_work(world: World) -> None:
    world.meanwhile("new-work")


@story.step(
    damage=st.sampled_from(["empty-file", "truncated-json", "unknown-state", "transcript-missing"]),
    seed=st.integers(0, 9),
)
def damage(world: World, damage: str = "empty-file", seed: int = 0) -> None:
    world.damage(damage, seed)


@story.always
def every_record_is_somewhere(world: Moment) -> list[str]:
    """Every record is in the target, or can still be brought there."""
    return sorted(world.expected.keys() - world.target.keys() - world.legacy.keys())


@story.always
def nothing_is_made_up(world: Moment) -> list[str]:
    """No record is in the target that nobody put there or should have."""
    return sorted(world.target.keys() - world.born.keys())
