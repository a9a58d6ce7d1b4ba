"""A *story* is a scenario whose steps are drawn: plain functions told in any order, and what must hold after each.

A file ``scenarios/<system>-<claim in words>.py`` makes one.  Its docstring is the summary.  Hypothesis draws which
steps are taken, in which order and with which arguments; what they did is a history, and an invariant is a claim
about that, so that a stored case can be judged again.
"""

from __future__ import annotations

import ast
import inspect
import json
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, overload

from hypothesis import strategies as st

from harness.claims.claim import Claim, Finding
from harness.evidence import Evidence
from harness.moment import Moment, moments

F = TypeVar("F", bound=Callable[..., Any])
Invariant = Callable[[Moment], Iterable[object] | None]
"""Returns, for the moment after a verb, what breaks it: nothing at all where it holds.  It may assert as well."""


class StoryError(ValueError):
    """A story cannot be used; the message names the file, the place and what to do."""


@dataclass(frozen=True, slots=True)
class Told:
    """One step as it was drawn: its name, and the arguments that are not left to their defaults."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = (name if value is True else str(value) for name, value in self.arguments.items() if value)
        return " ".join([self.name, *said])


@dataclass(frozen=True, slots=True)
class StoryStep:
    """A function that does something with the world, what is drawn for it, how often, and when it may be taken."""

    name: str
    does: Callable[..., object]
    drawn: Mapping[str, st.SearchStrategy[Any]]
    when: Callable[[Any], bool]
    often: int


class Story:
    """The steps and invariants of one file, and what a scenario says besides: see `harness.scenario.Scenario`.

    `length` is the least and the greatest number of steps in a case.  An argument that has a default in its function
    is left to it where a failure does not depend on it.
    """

    def __init__(
        self,
        *,
        system: str,
        shows: Sequence[str],
        home: Mapping[str, Any] | None = None,
        cases: int = 10,
        length: tuple[int, int] = (1, 8),
        generator: str = "fields",
        claims: Sequence[str] = (),
    ) -> None:
        self.system, self.shows, self.home, self.cases = system, list(shows), dict(home or {}), cases
        self.generator, self.claims, self.length = generator, list(claims), length
        self.steps: dict[str, StoryStep] = {}
        self.invariants: dict[str, Invariant] = {}

    @overload
    def step(self, function: F, /) -> F: ...

    @overload
    def step(
        self, /, *, when: Callable[[Any], bool] = ..., often: int = ..., **drawn: st.SearchStrategy[Any]
    ) -> Callable[[F], F]: ...

    def step(
        self,
        function: F | None = None,
        /,
        *,
        when: Callable[[Any], bool] = lambda _world: True,
        often: int = 1,
        **drawn: st.SearchStrategy[Any],
    ) -> Any:
        """Makes a step of the function, named after it; used bare, or with strategies for its arguments.

        A step whose `when` says no to the world is passed over; one is drawn `often` times as often as others are.

        Raises:
            StoryError: there is such a step already, or the strategies are not those of its arguments.
        """

        def add(does: F) -> F:
            name = _name_of(does)
            if name in self.steps:
                raise StoryError(f"two steps are called {name}; give each a name of its own")
            wanted = list(inspect.signature(does).parameters)[1:]
            if sorted(wanted) != sorted(drawn):
                raise StoryError(
                    f"step {name} takes {', '.join(wanted) or 'nothing'} besides the world, "
                    f"and {', '.join(drawn) or 'nothing'} is drawn; draw each of its arguments"
                )
            self.steps[name] = StoryStep(name, does, drawn, when, often)
            return does

        return add if function is None else add(function)

    def always(self, function: F) -> F:
        """Makes an invariant of the function, named after it; its docstring is the claim's sentence.

        Raises:
            StoryError: there is such an invariant already, or it has no docstring.
        """
        name = _name_of(function)
        if name in self.invariants:
            raise StoryError(f"two invariants are called {name}; give each a name of its own")
        if not function.__doc__:
            raise StoryError(f"invariant {name} has no docstring; say in a sentence what always holds")
        self.invariants[name] = function
        return function

    def tellings(self) -> st.SearchStrategy[tuple[Told, ...]]:
        """Returns the strategy that draws the steps of a case; it draws nothing else, so it knows no world."""
        each = [
            st.builds(Told, st.just(step.name), st.fixed_dictionaries(dict(step.drawn)).map(_as_in(step)))
            for step in self.steps.values()
            for _ in range(step.often)
        ]
        least, most = self.length
        return st.lists(st.one_of(each), min_size=least, max_size=most).map(tuple)

    def own_claims(self) -> tuple[Claim, ...]:
        """Returns the invariants as claims about a history."""
        return tuple(
            Claim(name, _sentence(function.__doc__), _checks(name, function))
            for name, function in self.invariants.items()
        )


def _as_in(step: StoryStep) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Returns a function that puts arguments in the order in which the step names them."""
    return lambda arguments: {name: arguments[name] for name in step.drawn}


def _name_of(function: Callable[..., Any]) -> str:
    return function.__name__.replace("_", "-")


def _sentence(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split())


def _checks(name: str, holds: Invariant) -> Callable[[Evidence], Iterator[Finding]]:
    def check(evidence: Evidence) -> Iterator[Finding]:
        for moment in moments(evidence):
            after = f"not so after step {moment.event.step}: {moment.event.do}"
            try:
                for broken in holds(moment) or ():
                    yield Finding(name, str(broken), _sentence(holds.__doc__), after, moment.event.step)
            except AssertionError as error:
                told = str(error) or traceback.extract_tb(error.__traceback__)[-1].line or "an assertion"
                yield Finding(name, told, _sentence(holds.__doc__), after, moment.event.step)

    return check


def told_again(rows: Iterable[Sequence[Any]]) -> tuple[Told, ...]:
    """Returns the steps that `as_rows` wrote down."""
    return tuple(Told(name, arguments) for name, arguments in rows)


def as_rows(steps: Iterable[Told]) -> list[list[Any]]:
    """Returns steps as JSON-able rows: name, arguments.

    Raises:
        StoryError: an argument is of a kind that JSON has no word for, so that the case could not be told again.
    """
    rows = [[told.name, dict(told.arguments)] for told in steps]
    try:
        same = json.loads(json.dumps(rows)) == rows
    except (TypeError, ValueError):
        same = False
    if not same:
        raise StoryError("an argument of a step is none that JSON can hold; draw texts, numbers and lists")
    return rows


def load_story(path: Path) -> tuple[str, Story]:
    """Returns the summary and the story of a file, which is run for that.

    Raises:
        StoryError: the file is missing, is no Python, fails, or does not make one story with steps and a docstring.
    """
    try:
        source = path.read_bytes()
        tree = ast.parse(source, str(path))
    except OSError as error:
        raise StoryError(
            f"{path}: cannot be read ({error.strerror}); `harness list` shows what there is"
        ) from error
    except (SyntaxError, ValueError) as error:
        raise StoryError(
            f"{path}: line {getattr(error, 'lineno', 0)}: not Python: {error.args[0]}"
        ) from error
    module = ModuleType(path.stem)
    try:
        exec(compile(tree, str(path), "exec"), module.__dict__)  # noqa: S102 - a story is a program; no bytecode beside it
    except Exception as error:
        raise StoryError(f"{path}: line {_line(error, path)}: {type(error).__name__}: {error}") from error
    made = [value for value in vars(module).values() if isinstance(value, Story)]
    summary = _sentence(ast.get_docstring(tree))
    if len(made) != 1:
        raise StoryError(f"{path}: makes {len(made)} stories; a file makes one")
    if not summary:
        raise StoryError(f"{path}: has no docstring; say in a sentence what the story shows")
    if not made[0].steps:
        raise StoryError(f"{path}: has no steps; decorate a function with the story's `step`")
    return summary, made[0]


def _line(error: Exception, path: Path) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == str(path)), 0)
