"""Thresholds of the waste analytics, in canonical units.

Marks: [D] is a starting value of our own; all others name their source.
"""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from config.settings import Duration, Section

_MINUTE = 60_000
_HOUR = 60 * _MINUTE


class FillThresholds(Section):
    """How full a bin is, when it is emptied, and when it will be full."""

    full: float = Field(90.0, gt=0, le=100, description="% from which a bin is told to be full [D]")
    ends: float = Field(80.0, gt=0, le=100, description="% below which it is not any more [D]")
    target: float = Field(80.0, gt=0, le=100, description="% to which the forecast looks ahead [D]")
    samples: int = Field(2, ge=1, le=60, description="readings in turn that make a bin full [D]")
    jump: float = Field(8.0, gt=0, description="points beyond which a reading waits until the next one agrees [D]")
    fastest: float = Field(20.0, gt=0, description="points/h that a bin may fill by besides, after a gap [D]")
    drop: float = Field(30.0, gt=0, le=100, description="points that a collection takes out at least [D]")
    empty: float = Field(20.0, ge=0, le=100, description="% at or below which a collection ends [D]")
    spacing: Duration = Field(30 * _MINUTE, ge=_MINUTE, description="between the forecast's points at first [D]")
    points: int = Field(4, ge=2, le=24, description="below which the forecast is unknown [D]")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.empty < self.ends <= self.full:
            raise ValueError("empty must lie below ends, and ends not above full")
        return self


class RoundThresholds(Section):
    """Trucks that are due."""

    days: tuple[int, ...] | None = Field(
        None, description="on which bins are collected, 0 is Monday; null: learned, every day until then"
    )
    late: Duration = Field(90 * _MINUTE, description="after the usual time of day, before a round is missed [D]")
    share: float = Field(
        0.5, gt=0, le=1, description="of a zone's bins that must be left, for a round to be missed [D]"
    )
    alone: Duration = Field(6 * _HOUR, description="after which one bin that was left out is told of by itself [D]")
    stale: Duration = Field(3 * _HOUR, description="a bin that was silent for longer is not judged [D]")


class FireThresholds(Section):
    """Bins that burn."""

    hot: float = Field(60.0, gt=0, description="degC from which it burns [D]")
    rise: float = Field(10.0, gt=0, description="degC above the other bins' course, within `window` [D]")
    window: Duration = Field(10 * _MINUTE, ge=_MINUTE, description="of the rise [D]")
    samples: int = Field(3, ge=2, le=20, description="readings in turn that show the rise [D]")
    step: float = Field(2.0, gt=0, description="degC of a reading's rise that counts as climbing [D]")
    climbs: int = Field(2, ge=1, le=20, description="such rises that tell a fire from a thermometer that leapt [D]")
    confirm: int = Field(2, ge=1, le=10, description="readings in turn at `hot`: one alone may be a spike [D]")
    confirm_within: Duration = Field(
        2 * _MINUTE, description="a sensor that reports more seldom is believed at once: seconds matter [D]"
    )
    ends: float = Field(50.0, gt=0, description="degC below which a fire may be over [D]")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.ends < self.hot:
            raise ValueError("ends must lie below hot")
        return self


class TiltThresholds(Section):
    """Bins that were knocked over."""

    angle: float = Field(45.0, gt=0, le=180, description="deg from which a bin lies on its side [D]")
    samples: int = Field(2, ge=1, le=60, description="readings in turn, for its fall and for its being set up [D]")


class HealthThresholds(Section):
    """What makes a bin's echo unreliable, so that nothing is said of its fill."""

    battery: float = Field(10.0, ge=0, le=100, description="% at or below which a battery is low [D]")


class WasteThresholds(Section):
    """What is watched in waste, and from where on an operator should know."""

    fill: FillThresholds = Field(default_factory=FillThresholds)
    rounds: RoundThresholds = Field(default_factory=RoundThresholds)
    fire: FireThresholds = Field(default_factory=FireThresholds)
    tilt: TiltThresholds = Field(default_factory=TiltThresholds)
    health: HealthThresholds = Field(default_factory=HealthThresholds)
