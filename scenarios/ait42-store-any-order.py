"""The dual-write period in any order: clients side by side, killed ones, the editor in its files and others in the database, a rollback and a new start lose nothing."""

from hypothesis import strategies as st

from harness.moment import every_record_is_somewhere
from harness.story import Story
from harness.world import World

IN_FILES = ["", "legacy-new-session", "legacy-winner", "legacy-talks-on"]
IN_DATABASE = ["", "own-work", "new-work", "changed-rows"]

story = Story(
    system="ait42",
    shows=["A42-06", "M-07"],
    home={"workspaces": "1..2", "sessions": "1..2", "instances": "0..1", "messages": "0..2"},
    cases=5,
    length=(3, 6),
)


def begun(world: World) -> bool:
    moves = [event.do for event in world.events if event.do in {"migrate", "rollback"}]
    return moves[-1:] == ["migrate"]


def begin(world: World) -> None:
    if not begun(world):
        world.migrate()


@story.step(often=3, clients=st.integers(1, 3), kill=st.sampled_from(["", "", "random", "cut"]))
def a_day(world: World, clients: int = 1, kill: str = "") -> None:
    begin(world)
    world.store(clients=clients, operations=5, kill=kill)


@story.step(often=2, files=st.sampled_from(IN_FILES), database=st.sampled_from(IN_DATABASE))
def others(world: World, files: str = "", database: str = "") -> None:
    begin(world)
    if files:
        world.meanwhile(files)
    if database:
        world.meanwhile(database)
    world.reconcile()


@story.step
def a_migration(world: World) -> None:
    world.migrate()


@story.step(often=2, when=begun)
def way_back(world: World) -> None:
    world.rollback()


story.always(every_record_is_somewhere)
