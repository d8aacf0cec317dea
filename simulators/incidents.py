"""Events that are made to happen, so that what detects them can be judged: the ground truth."""

from __future__ import annotations

from dataclasses import dataclass

from telemetry.errors import SettingsError

DAY = 86_400.0
ANYWHERE = "*"
"""The zone of an event that reaches over several."""


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
    life_safety: bool = False


KINDS = {
    # water
    "burst-main": Kind("water", "critical", rise=60, fall=600, tell_within=900),
    "slow-leak": Kind("water", "warning", rise=4 * DAY, fall=600, tell_within=3 * DAY),
    "stuck-valve": Kind("water", "warning", rise=5, fall=60, tell_within=1800),
    "contamination": Kind("water", "critical", rise=600, fall=3600, tell_within=1200, life_safety=True),
    "supply-cut": Kind("water", "warning", rise=120, fall=600, tell_within=1800),
    # energy
    "feeder-outage": Kind("energy", "critical", rise=1, fall=60, tell_within=300),
    "feeder-overload": Kind("energy", "warning", rise=180, fall=600, tell_within=900),
    "voltage-sag": Kind("energy", "info", rise=0.05, fall=0.1, tell_within=60),
    "unbalance": Kind("energy", "warning", rise=60, fall=60, tell_within=1800),
    "meter-tamper": Kind("energy", "warning", rise=1, fall=1, tell_within=2 * DAY),
    "frequency-excursion": Kind("energy", "critical", rise=5, fall=30, tell_within=60),
    "heat-wave": Kind("energy", "info", rise=6 * 3600, fall=6 * 3600, tell_within=DAY),
    # waste
    "missed-rounds": Kind("waste", "warning", rise=1, fall=1, tell_within=DAY),
    "bin-fire": Kind("waste", "critical", rise=480, fall=1800, tell_within=600, life_safety=True),
    "bin-tilt": Kind("waste", "warning", rise=1, fall=1, tell_within=3600),
    # disaster
    "cloudburst": Kind("disaster", "warning", rise=300, fall=900, tell_within=900),
    "flash-flood": Kind("disaster", "critical", rise=1800, fall=10_800, tell_within=1800, life_safety=True),
    "quake": Kind("disaster", "critical", rise=0.5, fall=20, tell_within=30, life_safety=True),
    "landslide": Kind("disaster", "critical", rise=6 * 3600, fall=DAY, tell_within=6 * 3600, life_safety=True),
    "haze": Kind("disaster", "warning", rise=12 * 3600, fall=12 * 3600, tell_within=DAY),
    "high-tide": Kind("disaster", "critical", rise=1800, fall=7200, tell_within=1800, life_safety=True),
}


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to devices of one zone, or of ANYWHERE. start, end: the city's clock, ms UTC.

    strength: 1 is a typical one. lat, lon: where a quake or a cloudburst is, else amid its devices; magnitude
    (Mw) and depth (km) are a quake's. Raises SettingsError for an unknown kind or a reversed time.
    """

    kind: str
    city: str
    zone: str
    devices: tuple[str, ...]
    start: int
    end: int
    strength: float = 1.0
    lat: float | None = None
    lon: float | None = None
    magnitude: float | None = None
    depth: float = 10.0

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
