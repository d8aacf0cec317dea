"""What is set for a device or a zone holds there, and nowhere else."""

from __future__ import annotations

import pytest

from tests.processors.domains.water.kit import HOUR, MINUTE, Course, Water, constant, step

NOON = 12 * HOUR


def blip(usual: float, wrong: float) -> Course:
    """Wrong for two minutes."""
    return step(usual, wrong, NOON, NOON + 2 * MINUTE)


DRY = {"p1/pressure": blip(250, 0), "p2/pressure": blip(240, 0)}
LOW = {"p1/pressure": blip(250, 40), "p2/pressure": blip(240, 40)}
FOUL = {"q1/turbidity": blip(1, 9), "q1/ph": blip(7, 5)}


@pytest.mark.parametrize(
    ("courses", "setting", "kind"),
    [
        (DRY, "supply.samples=3", "supply-interrupted"),
        (LOW, "pressure.samples=3", "water-pressure"),
        (FOUL, "quality.samples=3", "water-quality"),
        (FOUL, "quality.agree=3", "water-quality"),
    ],
)
def test_a_zone_of_its_own(courses: dict[str, Course], setting: str, kind: str) -> None:
    both = {f"{zone}/{name}": course for zone in ("A", "B") for name, course in courses.items()}
    water = Water(both, [f"sites.3578/B.water.{setting}"])
    water.run(11 * HOUR, NOON + HOUR)
    assert {name[0] for name in water.begun(kind)} == {"A"}
    everywhere = Water(both, [f"water.{setting}"])
    everywhere.run(11 * HOUR, NOON + HOUR)
    assert everywhere.begun(kind) == []


def test_a_leak_is_told_by_the_zones_own_alarm() -> None:
    """Two nights of a flow that has grown by a half."""
    courses = {f"{zone}/m1/flow": step(10, 15, 4 * 24 * HOUR) for zone in ("A", "B")}
    water = Water(courses, ["sites.3578/B.water.leak.alarm=30"])
    water.run(0, 6 * 24 * HOUR, 10 * MINUTE)
    assert water.begun("slow-leak") == ["A/m1/flow"]


def test_a_night_counts_by_the_zones_own_coverage() -> None:
    def half(since: int) -> float:
        return 10.0 if since % (24 * HOUR) < 3 * HOUR else float("nan")

    water = Water({f"{zone}/m1/flow": half for zone in ("A", "B")}, ["sites.3578/B.water.night.coverage=0.4"])
    water.run(0, 5 * HOUR, 10 * MINUTE)
    told = {row["zone"] for row in water.analytics.indicators() if row["indicator"] == "night-flow"}
    assert told == {"B"}


def test_a_counters_day_by_the_devices_own_patience() -> None:
    """Silent for eight hours at midnight: six are allowed, or as many as the device is given."""

    def counter(since: int) -> float:
        asleep = since % (24 * HOUR) >= 20 * HOUR or since % (24 * HOUR) < 4 * HOUR
        return float("nan") if asleep else since / HOUR

    courses = {f"A/{name}/volume": counter for name in ("customer-1", "customer-2")} | {"A/m1/flow": constant(1.0)}
    water = Water(courses, ["sites.3578/A/customer-1.water.balance.across=12h"])
    water.run(0, 54 * HOUR, 10 * MINUTE)
    balance = next(rule for rule in water.analytics.rules if rule.name == "balance")
    assert balance.meters.of("volume").tolist() == pytest.approx([24.0, float("nan")], nan_ok=True)  # type: ignore[attr-defined]
