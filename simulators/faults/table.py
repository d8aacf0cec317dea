"""Every kind of fault in one visible table, and what is written of it in the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulators.faults.base import Case, Fault
from simulators.faults.clocks import ClockJump, ClockSkew
from simulators.faults.delivery import (
    Backfill,
    Dropout,
    Duplicates,
    Flapping,
    GatewayLost,
    OutOfOrder,
    ReconnectStorm,
)
from simulators.faults.payloads import Leftovers, Malformed
from simulators.faults.values import Bias, Drift, Noise, Spikes, Stuck, UnitMistake
from simulators.truth import Truth


@dataclass(frozen=True, slots=True)
class FaultRow:
    """scope: who suffers as one: a sensor, a gateway, or all gateways of the city.

    tell_within: s from its start in which an operator should know; None: nobody need be told.
    """

    make: type[Fault]
    scope: Literal["sensor", "gateway", "gateways"]
    severity: str
    tell_within: float | None = None


FAULTS = {
    # sensors: values
    "drift": FaultRow(Drift, "sensor", "warning"),
    "bias": FaultRow(Bias, "sensor", "warning"),
    "stuck": FaultRow(Stuck, "sensor", "warning"),
    "spikes": FaultRow(Spikes, "sensor", "info"),
    "noise": FaultRow(Noise, "sensor", "info"),
    "unit-mistake": FaultRow(UnitMistake, "sensor", "warning"),
    # sensors: messages and clocks
    "dropout": FaultRow(Dropout, "sensor", "info"),
    "clock-skew": FaultRow(ClockSkew, "sensor", "info"),
    "clock-jump": FaultRow(ClockJump, "sensor", "warning"),
    # gateways
    "gateway-lost": FaultRow(GatewayLost, "gateway", "warning", tell_within=600),
    "backfill": FaultRow(Backfill, "gateway", "warning", tell_within=600),
    "flapping": FaultRow(Flapping, "gateway", "info"),
    "duplicates": FaultRow(Duplicates, "gateway", "info"),
    "out-of-order": FaultRow(OutOfOrder, "gateway", "info"),
    "malformed": FaultRow(Malformed, "gateway", "warning"),
    "leftovers": FaultRow(Leftovers, "gateway", "info"),
    "reconnect-storm": FaultRow(ReconnectStorm, "gateways", "warning"),
}


def truth_of_fault(case: Case) -> Truth:
    """The record of a fault, in the clock of its times."""
    row = FAULTS[case.kind]
    told = row.tell_within is not None
    return Truth(
        kind=case.kind,
        city=case.city,
        domain=case.domain,
        zone=case.zone,
        devices=case.devices,
        start=case.start,
        end=case.end,
        severity=row.severity,
        tell=told,
        by=case.start + int((row.tell_within or 0.0) * 1000) if told else case.end,
        category="fault",
        gateways=case.gateways,
    )
