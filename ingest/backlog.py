"""What gathers at the broker while nadi does not read comes at once afterwards, and is no flood."""

from __future__ import annotations

import time
from typing import Final

from ingest.gatekeeper import Gatekeeper

NOTICED: Final = 1.0
"""Standing still for less than this (s) is within the rates' own tolerance."""
AT_LEAST: Final = 60.0
"""A backlog may take so long (s) to come, or as long as it took to gather, if that is more."""
SILENCE: Final = 1.0
"""A broker that sends nothing for so long (s) has no backlog left."""


class Backlog:
    """Grants room above `limits.gateway_rate` for a backlog, and takes it back when that has come."""

    def __init__(self, gatekeeper: Gatekeeper) -> None:
        self.gatekeeper = gatekeeper
        self._until = 0.0

    def adopt(self, gatekeeper: Gatekeeper) -> None:
        """Another gatekeeper takes over, with as much room as the former had left to give."""
        gatekeeper.inherit(self.gatekeeper)
        self.gatekeeper = gatekeeper

    def stood_still(self, seconds: float) -> None:
        """Nothing was read for so long."""
        if seconds > NOTICED:
            self.gatekeeper.grant(int(seconds * 1000))
            self._until = time.monotonic() + max(AT_LEAST, seconds)

    def waited(self, seconds: float) -> None:
        """The broker let us wait for so long."""
        if self._until and (seconds > SILENCE or time.monotonic() > self._until):
            self.gatekeeper.expire_grant()
            self._until = 0.0
