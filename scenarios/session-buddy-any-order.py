"""Whatever session-buddy, upstream's tools and others do between runs, broken ones and ways back: no row of anybody is lost."""

from hypothesis import strategies as st

from harness.moment import nothing_is_made_up, others_work_is_somewhere
from harness.story import Story
from harness.systems.session_buddy import ACTORS, CORRUPTIONS
from harness.world import World

DEEDS = sorted(name for name, actor in ACTORS.items() if actor.does is not None and not actor.holders)
HOLDERS = sorted(name for name, actor in ACTORS.items() if actor.holders)

story = Story(
    system="session-buddy",
    shows=["M-03", "M-05", "M-07", "SB-05", "SB-06"],
    home={"skills": "1..3", "sessions": "0..4"},
    cases=20,
    length=(2, 8),
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
    world.dry_run()
    world.verify()


@story.step
def prune_now(world: World) -> None:
    world.prune_now()


@story.step(when=settled, often=4, deed=st.sampled_from(DEEDS))
def meanwhile(world: World, deed: str) -> None:
    world.meanwhile(deed)


@story.step(when=settled, corruption=st.sampled_from(sorted(CORRUPTIONS)), seed=st.integers(0, 9))
def damage(world: World, corruption: str, seed: int = 0) -> None:
    world.damage(corruption, seed)


story.always(others_work_is_somewhere)
story.always(nothing_is_made_up)
