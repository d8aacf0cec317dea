"""Lines that a store refused, kept in a file per sink, with the store's words; bounded in size."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from pipeline.delivery import Quarantined


class Quarantine:
    """Appends JSON lines to `folder/{sink}.jsonl`; at half of `max_bytes` the older half goes."""

    def __init__(self, folder: Path, max_bytes: int, clock: Callable[[], int]) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        self.clock = clock

    def put(self, refused: Quarantined) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{refused.sink}.jsonl"
        line = {"time": self.clock(), "reason": refused.reason, "points": refused.points, "lines": refused.text}
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            full = file.tell() > self.max_bytes // 2
        if full:
            path.replace(path.with_suffix(".1.jsonl"))
