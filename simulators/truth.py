"""The truth about injected events, as JSON lines: what a detector should have found, and by when.

    {"kind": "burst-main", "city": "3578", "domain": "water", "zone": "Genteng", "devices": ["meter-01"],
     "start": 1763769612000, "end": 1763769652000, "severity": "critical", "tell": true, "by": 1763769627000}

Times are ms UTC of the telemetry's clock, as in the readings' `ts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from simulators.city import CityClock
from simulators.incidents import KINDS, Event
from telemetry.errors import SettingsError


class Truth(msgspec.Struct, frozen=True):
    """One event or fault. tell: an operator should be told, at the latest at `by`.

    category: "event" for what happens in the city, "fault" for what happens to sensors and gateways only.
    zone is "*" where several are reached, and so is the domain of a gateway's fault. gateways: those at fault.
    """

    kind: str
    city: str
    domain: str
    zone: str
    devices: tuple[str, ...]
    start: int
    end: int
    severity: str
    tell: bool
    by: int
    category: Literal["event", "fault"] = "event"
    life_safety: bool = False
    gateways: tuple[str, ...] = ()


def truth_of(event: Event, clock: CityClock) -> Truth:
    """The record of an event. It ends when its effects have faded."""
    kind = KINDS[event.kind]
    return Truth(
        kind=event.kind,
        city=event.city,
        domain=event.domain,
        zone=event.zone,
        devices=event.devices,
        start=clock.telemetry(event.start),
        end=clock.telemetry(event.end + int(kind.fall * 1000)),
        severity=kind.severity,
        tell=kind.severity != "info",
        by=clock.telemetry(event.start + int(kind.tell_within * 1000)),
        life_safety=kind.life_safety,
    )


def write_truth(path: Path, records: Iterable[Truth]) -> None:
    """One record a line, in the order of their starts."""
    lines = [msgspec.json.encode(record) + b"\n" for record in sorted(records, key=lambda record: record.start)]
    path.write_bytes(b"".join(lines))


def read_truth(path: Path) -> list[Truth]:
    """Raises SettingsError that names the line that is no record."""
    decoder = msgspec.json.Decoder(Truth)
    records = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            records.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise SettingsError(f"{path}, line {number}: {error}") from None
    return records
