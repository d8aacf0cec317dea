"""What is set holds: after a restart, at the device it was set for, and of meters that report seldom."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from config.thresholds import load_thresholds
from processors.domains.variants import Variants
from processors.signals import Signal
from telemetry.series import Device
from tests.processors.domains.energy.kit import DAY, HOUR, MINUTE, Grid

TELL = {"g/voltage": 190.0}


def _restored(before: Grid, after: Grid) -> Grid:
    after.domain.restore(before.domain.snapshot())
    return after


def test_changed_limits_of_voltage_hold_for_meters_that_were_known() -> None:
    known = Grid(["g/voltage"])
    known.minutes(0, 10, {"g/voltage": 220.0})
    changed = _restored(known, Grid(["g/voltage"], ["energy.voltage.low=180", "energy.voltage.high=250"]))
    assert changed.minutes(10 * MINUTE, 10, TELL) == []
    as_before = _restored(known, Grid(["g/voltage"]))
    assert [signal.kind for signal in as_before.minutes(10 * MINUTE, 10, TELL)] == ["voltage"]


def test_a_changed_limit_of_the_catalogue_holds_at_once() -> None:
    load = [("f/power", minute * MINUTE, 150.0) for minute in range(3)]
    known = Grid(["f/current", "f/power"], high={"f/power": 100.0})
    known.hear([("f/power", -MINUTE, 50.0)])
    assert len(_restored(known, Grid(["f/current", "f/power"], high={"f/power": 100.0})).hear(load)) == 1
    assert _restored(known, Grid(["f/current", "f/power"], high={"f/power": 200.0})).hear(load) == []


@pytest.mark.parametrize(("before", "after"), [(10, 20), (20, 10)])
def test_a_changed_length_of_means_does_not_stop_them(before: int, after: int) -> None:
    known = Grid(["g/voltage"], [f"energy.voltage.over={before}m"])
    known.minutes(0, 40, {"g/voltage": 220.0})
    changed = _restored(known, Grid(["g/voltage"], [f"energy.voltage.over={after}m"]))
    assert [signal.kind for signal in changed.minutes(40 * MINUTE, 40, TELL)] == ["voltage"]


def test_a_changed_length_of_means_does_not_stop_what_is_made_of_phases() -> None:
    phases = {"t/voltage_a": 220.0, "t/voltage_b": 220.0, "t/voltage_c": 220.0}
    known = Grid(list(phases), ["energy.voltage.over=10m"])
    known.minutes(0, 40, phases)
    changed = _restored(known, Grid(list(phases), ["energy.voltage.over=20m"]))
    told = changed.minutes(40 * MINUTE, 40, phases | {"t/voltage_c": 202.0})
    assert [signal.kind for signal in told] == ["unbalance"]


def test_sentences_say_over_how_long_a_mean_is_taken() -> None:
    phases = {"t/voltage_a": 220.0, "t/voltage_b": 220.0, "t/voltage_c": 180.0}
    told = Grid(list(phases), ["energy.voltage.over=20m"]).minutes(0, 20, phases)
    assert {signal.kind: signal.reason for signal in told} == {
        "voltage": "The voltage of t was 180 V on average over 20 minutes, below 198 V.",
        "unbalance": "The three phases of t are unbalanced: 12.6 % on average over 20 minutes, above 2 %.",
    }


def test_sentences_say_the_very_limit_that_is_set() -> None:
    """Not "231.7 V, above 232 V"."""
    (told,) = Grid(["h/voltage"], ["energy.voltage.high=231.6"]).minutes(0, 10, {"h/voltage": 231.7})
    assert "was 231.7 V on average over 10 minutes, above 231.6 V" in told.reason
    (told,) = Grid(["h/frequency"], ["energy.frequency.high=50.46"]).hear([("h/frequency", 0, 50.47)])
    assert told.reason == "The grid's frequency is 50.47 Hz (at h), above 50.46 Hz."


Tell = Callable[[Grid, str], Sequence[Signal]]


def _voltage(volts: float) -> Tell:
    return lambda grid, device: grid.minutes(0, 10, {f"{device}/voltage": volts})


def _phases(grid: Grid, device: str) -> Sequence[Signal]:
    volts = {f"{device}/voltage_a": 220.0, f"{device}/voltage_b": 220.0, f"{device}/voltage_c": 208.0}
    return grid.minutes(0, 10, volts)


def _load(grid: Grid, device: str) -> Sequence[Signal]:
    return grid.hear([(f"{device}/power", minute * MINUTE, 95.0) for minute in range(3)])


def _dark(grid: Grid, device: str) -> Sequence[Signal]:
    return grid.hear([(f"{device}/voltage", minute * MINUTE, 60.0) for minute in range(3)], 3 * MINUTE)


def _counter(grid: Grid, device: str) -> Sequence[Signal]:
    return grid.hear([(f"{device}/energy", 0, 0.0), (f"{device}/energy", HOUR, 500.0)])


def _days(grid: Grid, device: str) -> Sequence[Signal]:
    told, total = [], 0.0
    for day in range(30):
        told += grid.hear([(f"{device}/energy", day * DAY, total)])
        total += 10.0 if day < 28 else 16.0
    return told


@pytest.mark.parametrize(
    ("setting", "tell"),
    [
        ("voltage.low=180", _voltage(190.0)),
        ("voltage.nominal=200, low: 180", _voltage(190.0)),
        ("voltage.always_low=0.5, low: 100", _voltage(150.0)),
        ("unbalance.limit=9", _phases),
        ("overload.near=1", _load),
        ("overload.agree=9", _load),
        ("outage.voltage=0.3", _dark),
        ("meter.spare=9", _counter),
        ("consumption.z=99", _days),
    ],
)
def test_what_is_set_for_a_device_holds_there_and_nowhere_else(setting: str, tell: Tell) -> None:
    key, _, value = setting.partition("=")
    section, name = key.split(".")
    site = f"sites={{3578/z/own: {{energy: {{{section}: {{{name}: {value}}}}}}}}}"
    quantities = ("voltage", "voltage_a", "voltage_b", "voltage_c", "current", "power", "energy")
    names = [f"{device}/{quantity}" for device in ("own", "other") for quantity in quantities]

    def told(device: str, changes: Sequence[str]) -> list[tuple[str, int]]:
        chosen = [name for name in names if name.split("/")[0] != device or _needed(name, tell)]
        grid = Grid(chosen, changes, high={f"{device}/power": 100.0})
        return [(signal.kind, signal.severity) for signal in tell(grid, device)]

    assert told("own", [site]) != told("own", [])
    assert told("other", [site]) == told("other", [])


def _needed(name: str, tell: Tell) -> bool:
    """One voltage only where one is told, or the others' silence would speak as well."""
    return "voltage_" not in name or tell is _phases


@pytest.mark.parametrize("every", [10, 15, 30, 60])
def test_a_meter_that_reports_seldom_is_judged_by_the_readings_that_there_are(every: int) -> None:
    grid = Grid(["g/voltage"], interval=every * MINUTE)
    told = [signal for at in range(0, 240, every) for signal in grid.minutes(at * MINUTE, 1, TELL, 1)]
    assert [signal.kind for signal in told] == ["voltage"]
    unknown = Grid(["g/voltage"])
    told = [signal for at in range(0, 240, every) for signal in unknown.minutes(at * MINUTE, 1, TELL, 1)]
    assert [signal.kind for signal in told] == ["voltage"]


def test_one_reading_of_a_meter_that_reports_often_is_no_mean() -> None:
    for readings, signals in ((1, 0), (2, 1)):
        grid = Grid(["g/voltage"], interval=10_000)
        assert len(grid.close(9 * MINUTE, TELL, readings=readings)) == signals


@pytest.mark.parametrize(("every", "late"), [(15, 0), (15, 7), (60, 30), (60, 50)])
def test_tampering_is_told_whenever_in_the_hour_meters_report(every: int, late: int) -> None:
    grid = Grid([f"h{home}/{quantity}" for home in range(8) for quantity in ("voltage", "energy")])
    totals, rate, told = np.zeros(8), np.full(8, 0.6), []
    for minute in range(late, 60 * 72, every):
        rows = [(f"h{home}/energy", minute * MINUTE, float(total)) for home, total in enumerate(totals)]
        told += grid.hear(rows, minute * MINUTE + 1000)
        for look in range(1, every):
            told += grid.hear([], (minute + look) * MINUTE + 1000)
        rate[3] = 0.06 if minute > 60 * 48 else 0.6
        totals += rate * every / 60
    assert [(signal.kind, "h3" in signal.reason) for signal in told if signal.kind != "consumption"] == [
        ("meter-tamper", True)
    ]


def test_each_hour_of_a_home_is_evidence_once() -> None:
    """Though it is looked at every five minutes."""
    grid = Grid([f"h{home}/{quantity}" for home in range(8) for quantity in ("voltage", "energy")])
    tamper = next(rule for rule in grid.domain.rules if rule.name == "tamper")
    for minute in range(0, 60 * 10, 5):
        rows = [(f"h{home}/energy", minute * MINUTE, minute * 0.01) for home in range(8)]
        grid.hear(rows, minute * MINUTE + 1000)
    assert tamper.columns["hours"][tamper.homes].tolist() == [9] * 8  # type: ignore[attr-defined]


def test_a_new_device_asks_for_its_own_thresholds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    thresholds = load_thresholds(None, ["sites.3578/z.energy.overload.near=0.5"])
    asked: list[str | None] = []
    at = type(thresholds).at

    def counted(self: object, city: str, zone: str, device: str | None = None) -> object:
        asked.append(device)
        return at(thresholds, city, zone, device)

    monkeypatch.setattr(type(thresholds), "at", counted)
    variants = Variants(thresholds, lambda site: site.energy)
    devices = [Device("3578", "energy", zone, f"d{number}") for number in range(50) for zone in ("z", "y")]
    variants.grow(devices)
    assert len(variants.kinds) == 2
    variants.grow([*devices, Device("3578", "energy", "z", "new")])
    assert len(asked) == 101
    assert variants.each(np.array([0, 1, 100]), "overload.near").tolist() == [0.5, 0.9, 0.5]
