"""Steps that the stories of every system share: runs and ways back, broken ones, held locks, looks, damage, others' work.

Each function adds its steps to a story; the order of the calls decides what a seed stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import strategies as st

from harness.mishap import SORTS, mishaps
from harness.moment import every_record_is_somewhere, nothing_is_made_up, others_work_is_somewhere
from harness.story import Story
from harness.system import System
from harness.world import World


def settled(world: World) -> bool:
    """What others do in the middle of broken work has no one right end."""
    return world.settled


def holders(system: System) -> list[str]:
    """Returns the pack's actors who hold something during a step, by name."""
    return sorted(name for name, actor in system.ACTORS.items() if actor.holders)


def doers(system: System) -> list[str]:
    """Returns the pack's actors who only do something before a step, by name."""
    return sorted(name for name, actor in system.ACTORS.items() if actor.does and not actor.holders)


def faults_at_operations(story: Story, writers: Sequence[str] = ()) -> None:
    """Runs and ways back meet faults at their operations, or others who write there, or nothing at all.

    What a fault broke is settled before the next comes, so that a failing case shrinks to one.
    """
    faults = mishaps(*SORTS, *writers)

    def fitting(world: World, fault: str) -> str:
        return fault if world.settled else ""

    @story.step(often=3, fault=faults)
    def migrate(world: World, fault: str = "") -> None:
        world.migrate(fault=fitting(world, fault))

    @story.step(often=2, fault=faults)
    def rollback(world: World, fault: str = "") -> None:
        world.rollback(fault=fitting(world, fault))


def runs(story: Story) -> None:
    """It is migrated and taken back."""

    @story.step(often=3)
    def migrate(world: World) -> None:
        world.migrate()

    @story.step(often=2)
    def rollback(world: World) -> None:
        world.rollback()


def broken_runs(story: Story) -> None:
    """Runs and ways back are killed at moments of chance."""

    @story.step
    def broken_run(world: World) -> None:
        world.migrate(kill="random")

    @story.step
    def broken_way_back(world: World) -> None:
        world.rollback(kill="random")


def locks(story: Story, system: System) -> None:
    """Others hold a lock or a database meanwhile."""

    @story.step(holder=st.sampled_from(holders(system)), back=st.booleans())
    def held(world: World, holder: str, *, back: bool = False) -> None:
        world.run("rollback" if back else "migrate", meanwhile=holder)


def looks(story: Story) -> None:
    """Somebody only looks."""

    @story.step
    def look(world: World) -> None:
        world.verify()
        world.dry_run()


def others(story: Story, deeds: Sequence[str], *, often: int = 1) -> None:
    """Others work in the home between two steps."""

    @story.step(when=settled, often=often, deed=st.sampled_from(deeds))
    def meanwhile(world: World, deed: str) -> None:
        world.meanwhile(deed)


def damage(story: Story, corruptions: Iterable[str]) -> None:
    """Anything may be damaged between two steps."""

    @story.step(when=settled, corruption=st.sampled_from(sorted(corruptions)), seed=st.integers(0, 9))
    def damage(world: World, corruption: str, seed: int = 0) -> None:
        world.damage(corruption, seed)


def always(story: Story, *, legacy: bool = True, work: bool = True) -> None:
    """Nothing of anybody is lost and nothing made up: `legacy` records where the migration leaves them, others' `work`."""
    if legacy:
        story.always(every_record_is_somewhere)
    if work:
        story.always(others_work_is_somewhere)
    story.always(nothing_is_made_up)
