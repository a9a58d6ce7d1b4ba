"""What all measurements here share: turns, ratios within one run, targets met or missed.

The machine may be busy with other things, so nothing is claimed in seconds.  What is compared is timed in turn, the
order rotates, the first round does not count, and a ratio is the median of the ratios round by round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Action = Callable[[], object]


def race(
    actions: Mapping[str, Action],
    rounds: int,
    before: Action = lambda: None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Returns the seconds of each action in each round; `before` runs, untimed, before each.

    What starts no process and waits for nothing is best timed by `time.process_time`.
    """
    names = list(actions)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            before()
            began = clock()
            actions[name]()
            seconds = clock() - began
            if number:
                taken[name].append(seconds)
    return taken


def ratio(taken: Mapping[str, list[float]], one: str, other: str) -> float:
    """Returns how many times as long as `other` the action `one` takes."""
    return statistics.median(a / b for a, b in zip(taken[one], taken[other], strict=True))


def table(taken: Mapping[str, list[float]], reference: str) -> None:
    """Prints the median and the ratio to the reference, an action a line."""
    for name, seconds in taken.items():
        middle = statistics.median(seconds)
        print(f"  {name:46} {middle * 1e3:10.1f} ms   x {ratio(taken, name, reference):6.2f}")


@dataclass
class Targets:
    """What was promised, beside what was measured."""

    missed: list[str] = field(default_factory=list)

    def at_most(self, what: str, found: float, limit: float, unit: str = "x") -> None:
        """Prints the line, and remembers a miss."""
        self._tell(what, f"{found:.2f} {unit}, at most {limit:g}", met=found <= limit)

    def at_least(self, what: str, found: float, limit: float, unit: str = "x") -> None:
        """Prints the line, and remembers a miss."""
        self._tell(what, f"{found:.2f} {unit}, at least {limit:g}", met=found >= limit)

    def holds(self, what: str, *, met: bool) -> None:
        """Prints the line, and remembers a miss."""
        self._tell(what, "yes" if met else "no", met=met)

    def _tell(self, what: str, found: str, *, met: bool) -> None:
        print(f"{'met   ' if met else 'MISSED'}  {what}: {found}")
        if not met:
            self.missed.append(what)

    def status(self) -> int:
        """Returns 0 when all were met, else 1."""
        return 1 if self.missed else 0


def parser(text: str | None) -> argparse.ArgumentParser:
    """Returns a parser whose help is the module's own text."""
    return argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
