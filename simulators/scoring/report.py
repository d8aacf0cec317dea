"""What a pipeline reported, in the form that is scored; and as JSON lines.

{"id": "a1", "kind": "burst", "city": "3578", "domain": "water", "zone": "Genteng", "devices": ["meter-01"],
 "opened": 1763769612000, "ended": null, "severity": "critical"}
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from telemetry.errors import SettingsError


class Report(msgspec.Struct, frozen=True):
    """One incident. Times are ms UTC of the telemetry's clock."""

    id: str
    kind: str | None
    """A key of `processors.kinds.KINDS`; None where the pipeline names no kinds."""
    city: str
    domain: str
    zone: str
    """"*" for a whole city."""
    opened: int
    """Event time of what opened it."""
    ended: int | None = None
    """None: still open."""
    devices: tuple[str, ...] = ()
    """Empty where unknown."""
    severity: str = "warning"
    told: bool = True
    """It pages an operator. False for what is only written down: information, history."""
    detector: str = ""
    fault: bool = False
    """It is said to be about a sensor or gateway, not about the city."""
    known: int | None = None
    """When the pipeline said so by the log's time, which delays are counted to; None: take `opened`."""

    @property
    def said(self) -> int:
        return self.opened if self.known is None else self.known


def write_reports(path: Path, reports: Iterable[Report]) -> None:
    path.write_bytes(b"".join(msgspec.json.encode(report) + b"\n" for report in reports))


def read_reports(path: Path) -> list[Report]:
    """Raises SettingsError that names the file that can't be read, or the line that is no report."""
    decoder = msgspec.json.Decoder(Report)
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}; expected incidents as JSON lines") from None
    reports = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            reports.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise SettingsError(f"{path}, line {number}: {error}") from None
    return reports
