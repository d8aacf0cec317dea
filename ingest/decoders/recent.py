"""What was used or worked out lately, within bounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Generic, TypeVar

T = TypeVar("T")

LONGEST_REMEMBERED: Final = 256
"""Characters; many longer ones would fill the memory."""
MAX_REMEMBERED: Final = 32_768
"""Beyond that all are forgotten and worked out anew."""


class Remembered(dict[str, T]):
    """What `work` makes of a text, by the text; long ones are worked out each time."""

    def __init__(self, work: Callable[[str], T], limit: int = MAX_REMEMBERED) -> None:
        super().__init__()
        self._work = work
        self._limit = limit

    def __missing__(self, text: str) -> T:
        found = self._work(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(self) >= self._limit:
                self.clear()
            self[text] = found
        return found


class Recent(Generic[T]):
    """Things by name; when they weigh more than `limit` together, the one used longest ago goes.

    limit: in whatever unit the weights are given.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._things: OrderedDict[str, T] = OrderedDict()
        self._weights: dict[str, int] = {}
        self._total = 0

    def get(self, name: str) -> T | None:
        thing = self._things.get(name)
        if thing is not None:
            self._things.move_to_end(name)
        return thing

    def put(self, name: str, thing: T, weight: int) -> None:
        """Add a thing, or tell that it weighs something else now. It stays, however heavy."""
        self._things[name] = thing
        self._things.move_to_end(name)
        self._total += weight - self._weights.get(name, 0)
        self._weights[name] = weight
        while self._total > self._limit and len(self._things) > 1:
            oldest, _ = self._things.popitem(last=False)
            self._total -= self._weights.pop(oldest)

    def pop(self, name: str) -> T | None:
        self._total -= self._weights.pop(name, 0)
        return self._things.pop(name, None)
