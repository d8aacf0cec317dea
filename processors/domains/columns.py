"""State: arrays by series, slot, device or zone that grow together."""

from __future__ import annotations

from typing import Any

import numpy as np

from processors.base import State
from processors.runs import extended
from telemetry.growth import put


class Columns(dict[str, "np.ndarray[Any, Any]"]):
    """Arrays of equal length: name -> (dtype, value of a new row, further dimensions...)."""

    def __init__(self, **kinds: tuple[Any, ...]) -> None:
        super().__init__({name: np.full((0, *shape), fill, kind) for name, (kind, fill, *shape) in kinds.items()})
        self.kinds = kinds
        self.size = 0

    def grow(self, size: int) -> None:
        """Room for at least `size` rows."""
        self.size = size
        for name, (_, fill, *_shape) in self.kinds.items():
            self[name] = extended(self[name], size, fill)

    def of(self, name: str) -> np.ndarray[Any, Any]:
        """A column as long as there are rows: a view."""
        return self[name][: self.size]

    def snapshot(self) -> State:
        """Views: whoever keeps it copies it."""
        return {name: column[: self.size] for name, column in self.items()}

    def restore(self, state: State) -> None:
        """Rows that are newer than the state stay as they began."""
        for name, (_, fill, *_shape) in self.kinds.items():
            column = state[name]
            if fill == 0:
                put(self[name], column)
            else:
                self[name][: len(column)] = column
