"""What a seed stands for: the drafts of a scenario's cases, the simplest first, the same in every process."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from hypothesis.strategies import SearchStrategy

from harness.draft import Draft

# Hypothesis puts constants of all local modules that happen to be loaded into its draws; a seed would then draw other
# homes in the gate than in a run, and after each edit.
providers._get_local_constants = Constants  # noqa: SLF001


def drawn_apart(strategy: SearchStrategy[Draft], number: int, cases: int) -> list[Draft]:
    """Returns `cases` drafts that a seed stands for, the simplest first, each drawn for itself.

    In one go Hypothesis draws five variations of each before the next, which leaves few orders of steps.
    """
    others = (drawn(strategy, f"{number}/{place}", 2)[-1] for place in range(1, cases))
    return [*drawn(strategy, number, 1), *others]


def drawn(strategy: SearchStrategy[Draft], number: int | str, cases: int) -> list[Draft]:
    """Returns the drafts that a seed stands for, the simplest first, at most `cases` of them.

    Hypothesis only draws here.  It would shrink as well, but not a home that is drawn as one number, and text by
    text where whole sessions can go; `shrink` knows the shape.

    Raises:
        Unsatisfiable: the strategy has nothing to draw.
    """
    found: list[Draft] = []

    @seed(number)
    @settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(draft: Draft) -> None:
        found.append(draft)

    collect()
    return found[:cases]
