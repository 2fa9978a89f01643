"""A place in a budget, held by one call."""

from typing import TYPE_CHECKING, Self

from trunkline.connect.turns import NUMBER, Errand, LaneNumber

if TYPE_CHECKING:
    from trunkline.connect.budget import Budget


class Place:
    """Entered for the length of one call."""

    __slots__ = ("_budget", "_errand", "_lane", "_left", "_location")

    def __init__(self, budget: "Budget", errand: Errand, location: str) -> None:
        self._budget = budget
        self._errand = errand
        self._lane: LaneNumber = NUMBER[errand.lane]
        self._location = location
        self._left = False

    async def __aenter__(self) -> Self:
        budget = self._budget
        if budget.enter_now(self._lane):
            if budget.door is not None and not budget.door.now():
                await budget.go(self._lane)
        else:
            await budget.enter(self._errand, self._location)
        while budget.pausing:  # since it was given the place
            budget.give_back(self._lane)
            await budget.enter(self._errand, self._location)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.counted()

    def counted(self) -> None:
        """The answer begins to come, so the vendor has counted the call by now; what is yet to be read of it holds up nobody."""
        if not self._left:
            self._left = True
            self._budget.leave(self._lane)
