"""Giving processors back what a snapshot holds, one of another version of nadi too.

What windows, ledger and incidents remember can't be made again: a state of theirs that does not fit is
refused. What the others remember they learn again from what comes: they begin anew, and it is said.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from pipeline.processing.snapshots import Remembering
from processors.base import State
from processors.incidents import IncidentsProcessor
from telemetry.errors import Incompatible
from telemetry.series import DOMAINS

log = logging.getLogger("nadi.processing")

RELEARNT: Final = frozenset(
    {"board", "detector", "indicators", "quality", "silence", *(f"domains.{name}" for name in DOMAINS)}
)
REQUIRED: Final = frozenset({"windows", "ledger"})
"""In every snapshot there ever was: one without them is of parts with other names."""


def take_back(states: Mapping[str, State], parts: Sequence[Remembering]) -> str | None:
    """Restore every part that `states` knows; None when that is done.

    Otherwise the name of a part whose state does not fit and which can do without; it and those
    before it are then half-way, and all is to be done again with new parts. Raises Incompatible.
    """
    for part in parts:
        if part.name not in states:
            if part.name in REQUIRED:
                raise Incompatible(_refusal(f"it holds nothing of {part.name}"))
            if part.snapshot():  # some remember nothing
                log.warning("the snapshot does not know a processor, which begins anew", extra={"processor": part.name})
            continue
        try:
            part.restore(states[part.name])
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            if part.name not in RELEARNT:
                raise Incompatible(_refusal(f"{part.name}: {error!r}")) from error
            log.warning(
                "a processor's state was saved by another version of nadi; it begins anew",
                extra={"processor": part.name, "why": repr(error)},
            )
            return part.name
    return None


def tell_of_those_anew(states: Mapping[str, State], parts: Sequence[Remembering]) -> None:
    """Let the incidents know of processors that begin anew: they never tell the end of what they told before."""
    anew = {part.name for part in parts} - states.keys()
    for part in parts:
        if anew and part.name in states and isinstance(part, IncidentsProcessor):
            part.begin_anew(anew)


def _refusal(why: str) -> str:
    return (
        f"the processors' state was saved by another version of nadi ({why}); go back to that version, or "
        "let its sinks catch up and move state_dir away"
    )
