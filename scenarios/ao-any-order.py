"""Whatever order of runs, broken ones, held locks, ways back, damage and new work: every record is somewhere, none is made up."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere, nothing_is_made_up, others_work_is_somewhere
from harness.story import Story
from harness.systems.ao import ACTORS, CORRUPTIONS
from harness.world import World

DEEDS = sorted(name for name, actor in ACTORS.items() if actor.does is not None)
HOLDERS = sorted(name for name, actor in ACTORS.items() if actor.holders)

story = Story(
    system="ao",
    shows=["M-03", "M-04", "M-05", "M-07"],
    home={"projects": "1..2", "sessions": "1..4"},
    cases=20,
    length=(2, 9),
)


def settled(world: World) -> bool:
    """What others do in the middle of broken work has no one right end."""
    return world.settled


@story.step(often=3)
def migrate(world: World) -> None:
    world.migrate()


@story.step(often=2)
def rollback(world: World) -> None:
    world.rollback()


@story.step
def broken_run(world: World) -> None:
    world.migrate(kill="random")


@story.step
def broken_way_back(world: World) -> None:
    world.rollback(kill="random")


@story.step(holder=st.sampled_from(HOLDERS), back=st.booleans())
def held(world: World, holder: str, *, back: bool = False) -> None:
    world.run("rollback" if back else "migrate", meanwhile=holder)


@story.step
def look(world: World) -> None:
    world.verify()
    world.dry_run()


@story.step
def prune(world: World) -> None:
    world.prune()


@story.step
def prune_now(world: World) -> None:
    world.prune_now()


@story.step(when=settled, often=3, deed=st.sampled_from(DEEDS))
def meanwhile(world: World, deed: str) -> None:
    world.meanwhile(deed)


@story.step(when=settled, corruption=st.sampled_from(sorted(CORRUPTIONS)), seed=st.integers(0, 9))
def damage(world: World, corruption: str, seed: int = 0) -> None:
    world.damage(corruption, seed)


story.always(every_record_is_somewhere)
story.always(others_work_is_somewhere)
story.always(nothing_is_made_up)
