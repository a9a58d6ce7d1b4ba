"""A *draft* is what a case is made from: a drawn legacy state, the damage done to it, and the steps of a story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from harness.home import Home
from harness.scenario import Scenario, ScenarioError
from harness.story import Story, Told
from harness.system import System

_STATE_SHOWN = 4_000  # characters of a state's repr that are kept with a stored case


@dataclass(frozen=True, slots=True)
class Draft:
    """The steps told, a drawn state, the names of the corruptions to apply in order, and their seed.

    `steps` is empty where the scenario says what happens.  It stands first, for a step costs more than a record.
    """

    steps: tuple[Told, ...]
    state: Any
    damage: tuple[str, ...] = ()
    seed: int = 0

    def as_data(self, applied: tuple[str, ...]) -> Mapping[str, Any]:
        """Returns what is kept of the draft beside a stored case."""
        return {"state": repr(self.state)[:_STATE_SHOWN], "damage": list(applied), "seed": self.seed}


def asked_for(system: System, scenario: Scenario) -> list[str]:
    """Returns the names of the corruptions that a scenario asks for; ``any`` stands for all that the pack knows."""
    names = system.shape(scenario.home).damage
    return sorted(system.CORRUPTIONS) if names == ["any"] else list(names)


def drafts(system: System, scenario: Scenario, story: Story | None = None) -> st.SearchStrategy[Draft]:
    """Returns the strategy that draws the homes of a scenario, and the steps of its story if it is one.

    Raises:
        ScenarioError: the scenario asks for a shape or for damage that the pack does not know.
    """
    try:
        shape = system.shape(scenario.home)
    except ValueError as error:
        raise ScenarioError(f"{scenario.name}: home: {error}") from error
    names = asked_for(system, scenario)
    unknown = sorted(set(names) - system.CORRUPTIONS.keys())
    if unknown:
        known = ", ".join(sorted(system.CORRUPTIONS))
        raise ScenarioError(f"{scenario.name}: no such damage: {', '.join(unknown)}; known are {known}")
    if scenario.generator == "fields":
        states = system.states(shape)
    else:
        states = st.integers(0, 2**32 - 1).map(lambda seed: system.draw(shape, seed))
    least, most = shape.damage_count
    if names and least > len(names):
        raise ScenarioError(
            f"{scenario.name}: home: at least {least} damages are asked for, of {len(names)}; name more or ask for fewer"
        )
    damage = st.lists(st.sampled_from(names), min_size=least, max_size=min(most, len(names)), unique=True)
    steps: st.SearchStrategy[tuple[Told, ...]] = st.just(()) if story is None else story.tellings()
    return st.builds(Draft, steps, states, damage.map(tuple) if names else st.just(()), st.integers(0, 2**16))


def dealt(found: Iterable[Draft], names: Sequence[str], number: int) -> list[Draft]:
    """Returns the drafts with as many corruptions each as they had, but of all names in turn, in an order of chance.

    Hypothesis repeats much of what it has drawn: of many names some would be in most homes, and some in none.
    """
    random, deck = Random(f"{number}/damage"), list[str]()  # noqa: S311 - not for secrets
    out = []
    for draft in found:
        hand = list[str]()
        while len(hand) < len(draft.damage):
            if not set(deck) - set(hand):
                deck += random.sample(names, len(names))
            hand.append(next(name for name in deck if name not in hand))
            deck.remove(hand[-1])
        out.append(replace(draft, damage=tuple(hand)))
    return out


def make_home(system: System, draft: Draft, root_for: Callable[[str], str]) -> tuple[Home, tuple[str, ...]]:
    """Returns the home of a draft, and the corruptions that found a place in it, in order."""
    home = system.write(draft.state, root_for(system.user_of(draft.state)))
    applied = []
    for name in draft.damage:
        damaged = system.CORRUPTIONS[name].apply(home, Random(f"{draft.seed}/{name}"))  # noqa: S311 - not for secrets
        if damaged is not None:
            home = damaged
            applied.append(name)
    return home.with_names_apart(), tuple(applied)
