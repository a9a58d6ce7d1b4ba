"""What a scenario may ask of the homes of any pack; a pack's own *shape* adds what only its product has."""

from __future__ import annotations

import msgspec

from harness.amounts import span


class HomeShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The user's name, and how much goes wrong.

    With `clean` false, `states` also makes what no healthy legacy tool writes but what is still to be migrated.
    `damage` names corruptions of the pack's catalogue, ``"any"`` standing for all of them; `damages` says how many of
    them are applied to one home (when empty: each that is named, or up to two of any).

    Raises:
        ValueError: the user's name or the number of damages is impossible.
    """

    user: str = ""  # empty: any of the pack's names
    clean: bool = True
    damage: list[str] = []
    damages: int | str = ""

    def __post_init__(self) -> None:
        if "/" in self.user or self.user in {".", ".."}:
            raise ValueError(f"user = {self.user!r} cannot be the name of a directory")
        if self.damage_count[0] and not self.damage:
            raise ValueError(f"damages = {self.damages!r}, but damage names none")

    @property
    def damage_count(self) -> tuple[int, int]:
        """Returns the least and the greatest number of corruptions applied to one home."""
        if self.damages != "":
            return span(self.damages)
        named = len(self.damage)
        return (0, 2) if "any" in self.damage else (named, named)
