"""Lines that a store refused, kept in a file per sink, with the store's words; bounded in size."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipeline.delivery.runner import Quarantined

log = logging.getLogger("nadi.quarantine")

_LOGGED: Final = 500
"""Characters of lines that could not be kept."""


class Quarantine:
    """Appends JSON lines to `folder/{sink}.jsonl`; at half of `max_bytes` the older half goes."""

    def __init__(self, folder: Path, max_bytes: int, clock: Callable[[], int]) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.clock = clock

    def put(self, refused: Quarantined) -> None:
        """Keep it; where the disk takes nothing, the log gets the beginning of it, and delivery goes on."""
        line = {"time": self.clock(), "reason": refused.reason, "points": refused.points, "lines": refused.text}
        try:
            self._append(self.folder / f"{refused.sink}.jsonl", json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as error:
            log.error(
                "refused lines could not be kept",
                extra={"sink": refused.sink, "why": str(error), "lines": refused.text[:_LOGGED]},
            )

    def _append(self, path: Path, line: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(line)
            full = file.tell() > self.max_bytes // 2
        if full:
            path.replace(path.with_suffix(".1.jsonl"))
