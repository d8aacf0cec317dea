"""Events that are made to happen, so that what detects them can be judged: the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Kind:
    """Of an event. rise, fall: s from nothing to full strength, and from the end back to nothing.

    tell_within: s from its start in which an operator should know.
    """

    domain: str
    severity: str
    rise: float
    fall: float
    tell_within: float


KINDS = {
    "burst-main": Kind("water", "critical", rise=60, fall=600, tell_within=900),
    "feeder-outage": Kind("energy", "critical", rise=1, fall=60, tell_within=300),
    "feeder-overload": Kind("energy", "warning", rise=180, fall=600, tell_within=900),
    "bin-fire": Kind("waste", "critical", rise=480, fall=1800, tell_within=600),
    "cloudburst": Kind("disaster", "warning", rise=300, fall=900, tell_within=900),
    "flash-flood": Kind("disaster", "critical", rise=1800, fall=10_800, tell_within=1800),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to devices of one zone. start, end: the city's clock, ms UTC.

    strength: 1 is a typical one. Raises SettingsError for an unknown kind or a reversed time.
    """

    kind: str
    city: str
    zone: str
    devices: tuple[str, ...]
    start: int
    end: int
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise SettingsError(f"event kind {self.kind!r}: known are {', '.join(sorted(KINDS))}")
        if self.end <= self.start:
            raise SettingsError(
                f"event {self.kind!r} in {self.zone!r} ends at {self.end}, not after its start {self.start}"
            )

    @property
    def domain(self) -> str:
        return KINDS[self.kind].domain

    def level(self, now: int) -> float:
        """Its strength at `now`: up by `rise`, held, down by `fall` after the end."""
        kind = KINDS[self.kind]
        up = (now - self.start) / (1000 * kind.rise)
        down = 1.0 - (now - self.end) / (1000 * kind.fall)
        return self.strength * max(0.0, min(up, down, 1.0))
