"""What the three computed tables of version 4 are to hold, from one pass over the invocations.

Memory goes with what there is to say (skills, hours, sessions), not with the number of invocations.
"""

import math
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

from migrator.session_buddy import moments
from migrator.system import Record

WINDOW = 720  # hours of figures: the guide's thirty days
INVOCATIONS = (
    "SELECT id, skill_name, invoked_at, session_id, typeof(completed) = 'integer' AND completed = 1, "
    "duration_seconds, workflow_phase FROM skill_invocation ORDER BY id"
)


class Tally:
    """How often, how often completed, and how long on average."""

    __slots__ = ("completed", "count", "sessions", "timed", "total")

    def __init__(self) -> None:
        self.count = self.completed = self.timed = self.sessions = 0
        self.total = 0.0

    @property
    def rate(self) -> float:
        """The share that was completed, from 0 to 1."""
        return self.completed / self.count

    @property
    def average(self) -> float | None:
        """Seconds, of those that tell them."""
        return self.total / self.timed if self.timed else None


class Window(NamedTuple):
    """The hours that count, both included; `first` is the least of all where all count."""

    first: int
    last: int


class Figures:
    """All that one pass over the invocations gives. Skills are numbered as they come; hours are since the year 1."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.skills: list[str] = []
        self.hours: dict[tuple[int, int], Tally] = {}  # by hour and skill
        self.overall: list[Tally] = []
        self.phases: list[Counter[str]] = []
        self.together: list[int] = []  # for each session a bit for each of its skills
        self.counts = Counter[str]()  # by reason of a note
        self.unused: list[tuple[int, str]] = []  # rowid and reason

    def gather(self, db: sqlite3.Connection, reader: moments.Reader, progress: Callable[[int], None]) -> None:  # noqa: C901, PLR0912 - one loop: calls for every row would double its time
        """Every invocation counts where it does."""
        numbers: dict[Any, int | None] = dict.fromkeys(_known(db))
        sessions: dict[Any, int] = {}
        seen = set[int]()  # session, hour and skill in one number, which takes half of what three take
        first, last = self.window
        together, hours, counts = self.together, self.hours, self.counts
        naive = unusable = 0
        for done, (row, skill, text, session, completed, seconds, phase) in enumerate(
            db.execute(INVOCATIONS), 1
        ):
            if not done & 0x3FFF:
                progress(done)
            if (place := sessions.setdefault(session, len(sessions))) == len(together):
                together.append(0)
            number = numbers.get(skill, -1)
            if number == -1:
                self.unused.append((row, "unknown-skill"))
                continue
            if number is None:
                number = numbers[skill] = self._new(skill)
            together[place] |= 1 << number
            timed = type(seconds) in {float, int} and 0 <= seconds < math.inf
            if seconds is not None and not timed:
                unusable += 1
            tally = self.overall[number]
            tally.count += 1
            tally.completed += completed
            if timed:
                tally.timed += 1
                tally.total += seconds
            if type(phase) is str:
                self.phases[number][phase] += 1
            when = reader.hour(text)
            if when is None:
                self.unused.append((row, "unparseable-time"))
                continue
            hour = when[0]
            naive += when[1]
            if not first <= hour <= last:
                counts["future-times" if hour > last else "before-window"] += 1
                continue
            key = hour, number
            if (tally := hours.get(key)) is None:  # type: ignore[assignment]
                tally = hours[key] = Tally()
            tally.count += 1
            tally.completed += completed
            if timed:
                tally.timed += 1
                tally.total += seconds
            if (mark := (place << 32 | hour) << 32 | number) not in seen:
                seen.add(mark)
                tally.sessions += 1
        counts["naive-times"], counts["unusable-duration"] = naive, unusable

    def _new(self, skill: str) -> int:
        self.skills.append(skill)
        self.overall.append(Tally())
        self.phases.append(Counter())
        return len(self.skills) - 1

    def records(self, source: str) -> Iterator[Record]:
        """The fates of rows that cannot be used."""
        for row, reason in self.unused:
            yield Record("invocation", f"{source}#skill_invocation/{row}", str(row), "skipped", reason)

    def series(self) -> Iterator[tuple[str, str, int, float, float | None, int]]:
        """The hourly figures in the order of their table: hour, then skill."""
        ordered = sorted(self.hours, key=lambda key: (key[0], self.skills[key[1]]))
        for hour, number in ordered:
            tally = self.hours[hour, number]
            about = tally.count, tally.rate, tally.average, tally.sessions
            yield (self.skills[number], moments.bucket(hour), *about)

    def pairs(self, least: int) -> Iterator[tuple[str, str, int, float]]:
        """Skills that at least so many sessions have in common, how many, and how much more than by chance."""
        having, both = Counter[int](), Counter[tuple[int, int]]()
        for bits, sessions in Counter(self.together).items():
            numbers = [number for number in range(bits.bit_length()) if bits >> number & 1]
            for number in numbers:
                having[number] += sessions
            for pair in combinations(numbers, 2):
                both[pair] += sessions
        found = []
        for (one, other), count in both.items():
            if count >= least:
                lift = count * len(self.together) / (having[one] * having[other])
                low, high = sorted((self.skills[one], self.skills[other]))
                found.append((low, high, count, lift))
        return iter(sorted(found))

    def baselines(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """For each skill the columns of its baseline."""
        users = Counter(
            number for bits in self.together for number in range(bits.bit_length()) if bits >> number & 1
        )
        rates = sorted(tally.rate for tally in self.overall)
        lower = {rate: place for place, rate in reversed([*enumerate(rates)])}
        for number, skill in sorted(enumerate(self.skills), key=lambda one: one[1]):
            tally, phases = self.overall[number], self.phases[number]
            named = filter(_is_text, phases)
            yield (
                skill,
                {
                    "total_users": users[number],
                    "total_invocations": tally.count,
                    "global_completion_rate": tally.rate,
                    "global_avg_duration_seconds": tally.average,
                    "most_common_workflow_phase": min(named, key=lambda p: (-phases[p], p), default=None),
                    "effectiveness_percentile": 100 * lower[tally.rate] / len(rates),
                },
            )


def _known(db: sqlite3.Connection) -> Iterator[str]:
    """The skills that rows may refer to; a name that is not text in UTF-8 is none."""
    for (name,) in db.execute("SELECT skill_name FROM skill_metrics"):
        if isinstance(name, str) and _is_text(name):
            yield name


def _is_text(value: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in value)
