"""How many calls may leave until a budget is kept again, so that whoever takes over after whatever end counts them as made."""

from collections.abc import Callable
from typing import Final

_AHEAD: Final = 20
"""Calls a quiet budget may make before it has to be kept again, a busy one more; a tenth of its smallest lasting window at most."""


class Allowance:
    """Without somebody who keeps, there is no end to it."""

    __slots__ = ("_allotted", "_ask", "_kept_made", "asked", "made")

    def __init__(self) -> None:
        self.made = 0
        """Calls so far."""
        self.asked = False
        """Whether it has asked to be kept, and was not yet."""
        self._kept_made = 0
        self._allotted: int | None = None
        """Calls that may be made beyond those that were kept; None: as many as there are places."""
        self._ask: Callable[[], None] | None = None

    def begin(self, ask: Callable[[], None], *, limited: bool) -> None:
        """`ask` is called when it wants to be kept; a budget with limits has to be kept before its first call."""
        self._ask = ask
        self._allotted = 0 if limited else None

    @property
    def keeper(self) -> bool:
        """Whether somebody keeps it."""
        return self._ask is not None

    @property
    def changed(self) -> bool:
        """Whether calls were made, or something else is to be kept, since the last time."""
        return self.made != self._kept_made or self.asked

    @property
    def used_up(self) -> bool:
        """Whether no call may leave before it was kept again."""
        return self._allotted is not None and self.made - self._kept_made >= self._allotted

    def count(self) -> None:
        """A call leaves."""
        self.made += 1
        if self._allotted is not None and (self.made - self._kept_made) * 2 > self._allotted:
            self.ask()

    def ask(self) -> None:
        """Ask to be kept."""
        if self._ask is not None and not self.asked:
            self.asked = True
            self._ask()

    def ahead(self, lasting: int | None) -> int:
        """How many further calls to keep. What may be used meanwhile has to be covered too, so it is never less than what is left.

        `lasting` is the smallest limit that outlasts the process. None: no count is kept ahead, only that calls are made at all.
        """
        if self._allotted is None or lasting is None:
            return 0
        spent = self.made - self._kept_made
        wanted = max(1, min(max(_AHEAD, 2 * spent), lasting // 10))
        return max(wanted, self._allotted - spent)

    def was_kept(self, made: int, ahead: int | None) -> None:
        """It is durable: so many calls were made, and so many further ones may be; None: any."""
        self._kept_made = made
        if self._allotted is not None:
            self._allotted = ahead
