"""Which level of sandbox there can be on this machine, found out by opening one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.sandbox import bare, bubblewrap, namespaces
from harness.sandbox.channel import SandboxError
from harness.sandbox.session import Level, Opener, Session
from harness.sandbox.view import WEAKER

Wanted = Literal["auto", "container", "embedded", "bubblewrap", "namespaces", "bare"]

_ORDER: Mapping[Wanted, tuple[Level, ...]] = {
    "auto": ("container", "bubblewrap", "namespaces", "bare"),
    "embedded": ("bubblewrap", "namespaces", "bare"),
    "container": ("container",),
    "bubblewrap": ("bubblewrap",),
    "namespaces": ("namespaces",),
    "bare": ("bare",),
}


_worked: set[tuple[Level, str | None]] = set()  # a process that runs many scenarios tries each once


@dataclass(frozen=True, slots=True)
class Choice:
    """The strongest level that works, and why each stronger one does not."""

    level: Level
    open: Callable[..., Session]  # an `Opener` that knows the image
    refused: tuple[tuple[Level, str], ...] = ()

    @property
    def weaker(self) -> str:
        """What this level does not isolate; empty for a container."""
        return weaker(self.level)


def weaker(level: Level) -> str:
    """Returns what a level does not isolate, compared with a container, in one sentence; nothing for that."""
    sentences = {"container": "", "bubblewrap": WEAKER, "namespaces": WEAKER}
    return sentences[level] if level in sentences else bare.weaker()


def choose(wanted: Wanted, image: str | None = None) -> Choice:
    """Returns the strongest level, of those wanted, in which a session could be opened just now.

    Raises:
        SandboxError: none could; ``auto`` and ``embedded`` always find one.
    """
    refused: list[tuple[Level, str]] = []
    for level in _ORDER[wanted]:
        opener = functools.partial(_opener(level), image=image)
        reason = None if (level, image) in _worked else _refusal(opener)
        if reason is None:
            _worked.add((level, image))
            return Choice(level, opener, tuple(refused))
        refused.append((level, reason))
    raise SandboxError("; ".join(f"{level}: {reason}" for level, reason in refused))


def _opener(level: Level) -> Opener:
    if level == "container":
        from harness.sandbox import container  # noqa: PLC0415 - docker's modules load slowly, and only here

        return container.open_session
    openers: Mapping[Level, Opener] = {
        "bubblewrap": bubblewrap.open_session,
        "namespaces": namespaces.open_session,
        "bare": bare.open_session,
    }
    return openers[level]


def _refusal(opener: Callable[..., Session]) -> str | None:
    try:
        opener().close()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong here is a reason to take a weaker level
        return str(error) or repr(error)
    return None
