"""Pools of Faker texts, filled once, from which a generator picks by index.

Picking costs a hundredth of a Faker call, and the same seed gives the same pools in every process.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import faker

LOCALES = ("en_US", "de_DE", "ja_JP", "zh_CN", "ru_RU")
_MARKS = ("🚀", "✅", "👩‍💻", "—", "naïve", "“quoted”", "C:\\temp", "100 %", "<b>&amp;</b>", "it's")


@dataclass(frozen=True, slots=True)
class Pools:
    """Texts of several languages, in tuples of fixed size.

    `titles` are short lines; `paragraphs` some sentences, some of them over several lines; `words` are ASCII
    lower-case words that may stand in names of branches and folders; `people` names of persons.
    """

    titles: tuple[str, ...]
    paragraphs: tuple[str, ...]
    words: tuple[str, ...]
    people: tuple[str, ...]


def pools(*, locales: tuple[str, ...] = LOCALES, seed: int = 1, size: int = 120) -> Pools:
    """Returns pools with `size` texts of each locale; filled once for each set of arguments and Faker release."""
    return _filled(locales, seed, size, faker.VERSION)


@functools.lru_cache(maxsize=8)
def _filled(locales: tuple[str, ...], seed: int, size: int, _: str) -> Pools:
    titles: list[str] = []
    paragraphs: list[str] = []
    people: list[str] = []
    for locale in locales:
        source = faker.Faker(locale, use_weighting=False)
        source.seed_instance(seed)
        for number in range(size):
            mark = _MARKS[number % len(_MARKS)]
            title = source.sentence(6)
            titles.append(f"{title} {mark}" if number % 3 == 0 else title)
            paragraph = source.paragraph(4)
            paragraphs.append(f"{mark} {paragraph}\n\n- {title}\n" if number % 4 == 0 else paragraph)
            people.append(source.name())
    plain = faker.Faker("en_US", use_weighting=False)
    plain.seed_instance(seed)
    words = tuple(dict.fromkeys(plain.word().lower() for _ in range(size * 4)))
    return Pools(tuple(titles), tuple(paragraphs), words, tuple(people))
