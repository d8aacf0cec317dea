"""Places where a test may kill the process. In production `at` does nothing.

`NADI_TEST_KILL_AT=name:count` sends SIGKILL to this process the count-th time that it comes
by the point `name`: before-commit (journal: nothing of it is written yet), after-commit
(durable, nobody told yet), trim (before each file is deleted), snapshot (saved, not yet
committed), after-write (a sink has written, its cursor has not moved).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable


def _nowhere(point: str) -> None:
    """The rule: no test has asked for anything."""


def killer(wanted: str) -> Callable[[str], None]:
    """The `at` that `NADI_TEST_KILL_AT=wanted` asks for; `wanted` is "name" or "name:count"."""
    name, _, count = wanted.partition(":")
    left = int(count or 1)

    def at(point: str) -> None:
        nonlocal left
        if point == name:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return at


_wanted = os.environ.get("NADI_TEST_KILL_AT")
at: Callable[[str], None] = killer(_wanted) if _wanted else _nowhere
