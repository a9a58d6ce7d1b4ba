"""Shrinking follows the shape of a value: parts first, then fields, and it stops when told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.shrink import shrink, smaller


@dataclass(frozen=True)
class Leaf:
    name: str
    note: str | None = None
    extra: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    size: int = 3


class Twig(msgspec.Struct, frozen=True):
    number: int
    note: str | None = None
    leaves: tuple[Leaf, ...] = msgspec.field(default_factory=tuple)


def shrunk(value: Any, interesting: Callable[[Any], bool]) -> Any:
    return shrink(value, interesting, until=1.0, clock=lambda: 0.0)


RICH = Tree(tuple(Leaf(str(n), "a note", {"x": 1, "y": 2}) for n in range(9)), size=7)


def test_everything_needless_goes() -> None:
    assert shrunk(RICH, lambda _: True) == Tree()


def test_the_part_that_matters_stays_and_its_fields_return_to_their_defaults() -> None:
    found = shrunk(RICH, lambda tree: any(leaf.name == "6" for leaf in tree.leaves))
    assert found == Tree((Leaf("6"),))


def test_a_struct_shrinks_as_a_dataclass_does() -> None:
    plain, rich = Twig(0), Twig(5, note="a note", leaves=(Leaf("1", "a note"), Leaf("2")))
    assert shrunk(rich, lambda twig: bool(twig.leaves)) == Twig(5, leaves=(Leaf("2"),))
    assert shrunk((plain, rich), lambda twigs: any(twig.number for twig in twigs)) == (Twig(5),)


def test_one_key_of_a_mapping_can_be_what_matters() -> None:
    found = shrunk(RICH, lambda tree: any("y" in leaf.extra for leaf in tree.leaves))
    assert [leaf.extra for leaf in found.leaves] == [{"y": 2}]


def test_two_parts_that_matter_together_both_stay() -> None:
    names = {"1", "7"}
    found = shrunk(RICH, lambda tree: names <= {leaf.name for leaf in tree.leaves})
    assert {leaf.name for leaf in found.leaves} == names


def test_a_value_without_smaller_ones_stays() -> None:
    assert list(smaller(Tree())) == []
    assert shrunk(Tree(), lambda _: True) == Tree()


def test_no_candidate_is_tried_twice() -> None:
    tried: list[str] = []

    def never(tree: Tree) -> bool:
        tried.append(repr(tree))
        return False

    shrunk(RICH, never)
    assert len(tried) == len(set(tried))
    assert repr(RICH) not in tried


def test_when_the_time_is_up_the_smallest_so_far_is_kept() -> None:
    ticks = iter(range(100))
    found = shrink(RICH, lambda tree: len(tree.leaves) > 1, until=2.0, clock=lambda: float(next(ticks)))
    assert 1 < len(found.leaves) <= len(RICH.leaves)
    assert found != Tree()


@settings(deadline=None, database=None, derandomize=True)
@given(st.lists(st.integers(0, 9), max_size=12).map(tuple), st.integers(0, 9))
def test_what_is_found_is_interesting_and_nothing_one_step_smaller_is(
    numbers: tuple[int, ...], wanted: int
) -> None:
    def interesting(value: tuple[int, ...]) -> bool:
        return value.count(wanted) >= min(2, numbers.count(wanted))

    found = shrunk(numbers, interesting)
    assert interesting(found)
    assert not any(interesting(candidate) for candidate in smaller(found))
