"""What the dashboards add up, on two cities of which the right answer is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

from telemetry.indicators import INDICATORS, TABLE, added
from tests.deploy.arithmetic import Answer, worked_out
from tests.deploy.grafana import alerts, dashboards, filled_in, panels
from tests.servers import Influx

Row = dict[str, Any]
DATABASE = "sums"
NOW = 1_763_830_800_000
"""2025-11-23 00:00 in Jakarta, 02:00 in Jayapura."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
WIB, WIT = 7 * HOUR, 9 * HOUR
"""Jakarta's time, Jayapura's."""
CITIES = {"3171": WIB, "9471": WIT}
EVERYTHING = {"city": ".*", "zone": ".*", "device": ".*", "domain": ".*", "window": "1m", "period": "day"}
TODAY = NOW + 6 * HOUR
"""Of the indicators: then both cities have begun another day."""

Part = tuple[str, str, int]
"""City, indicator, days ago."""


def midnight(city: str, ago: int) -> int:
    local = TODAY + CITIES[city]
    return local - local % DAY - CITIES[city] - ago * DAY


@pytest.fixture(scope="module")
def influx_with(influx: Influx) -> Iterator[Influx]:
    influx.create_database(DATABASE)
    yield influx
    influx.drop_database(DATABASE)


@pytest.fixture(scope="module")
def reported(influx_with: Influx) -> dict[Part, tuple[float, float]]:
    """Numerators and denominators of all indicators, of two cities and three days; one city is silent today of some."""
    random = np.random.default_rng(7)
    parts: dict[Part, tuple[float, float]] = {}
    lines = []
    for number, each in enumerate(TABLE):
        for city in CITIES:
            for ago in range(3):
                if ago == 0 and city == "3171" and number % 5 == 0:
                    continue
                numerator, denominator = (float(part) for part in sorted(random.integers(1, 90, 2)))
                parts[city, each.name, ago] = numerator, denominator
                tags = f"city={city},domain={each.domain or 'water'},indicator={each.name},period=day,zone=*"
                value = each.value(numerator, denominator)
                fields = f'numerator={numerator},denominator={denominator},value={value},unit="{each.unit}"'
                lines.append(f"indicators,{tags.replace(' ', chr(92) + ' ')} {fields} {midnight(city, ago)}")
    influx_with.write("\n".join(lines), DATABASE)
    return parts


def panel(board: str, title: str) -> Mapping[str, Any]:
    return next(each for each in panels(dashboards()[board]) if each["title"] == title)


def rows(influx: Influx, board: str, title: str, end: int = TODAY) -> list[Row]:
    asked = panel(board, title)["targets"]
    answers = (influx.query(filled_in(each["query"], end - DAY, end, EVERYTHING), DATABASE) for each in asked)
    return [row for answer in answers for row in answer]


def test_cities_are_added_as_nadi_itself_adds_them(influx_with: Influx, reported: dict[Part, Any]) -> None:
    shown = {row["indicator"]: row for row in rows(influx_with, "province", "All of them together, newest period")}
    assert set(shown) == set(INDICATORS)
    for name, row in shown.items():
        parts = [reported[city, name, 0] for city in CITIES if (city, name, 0) in reported]
        numerator, denominator = added(name, parts)
        assert (row["numerator"], row["denominator"]) == (numerator, denominator), name
        assert row["value"] == pytest.approx(INDICATORS[name].value(numerator, denominator), rel=1e-12), name
        assert row["unit"] == INDICATORS[name].unit
        assert row["cities"] == len(parts), "a period is not mixed with the one before it"


def test_the_worst_ten_minutes_are_no_sum(influx_with: Influx, reported: dict[Part, Any]) -> None:
    shown = {row["indicator"]: row for row in rows(influx_with, "province", "All of them together, newest period")}
    worst = [reported[city, "alarm-peak", 0][0] for city in CITIES if (city, "alarm-peak", 0) in reported]
    assert shown["alarm-peak"]["value"] == max(worst)
    percent = shown["pressure-compliance"]
    assert percent["value"] > 1, "of a hundred, as its unit says"
    assert percent["unit"] == "%"


def test_a_city_reports_one_point_with_its_time(influx_with: Influx, reported: dict[Part, Any]) -> None:
    shown = rows(influx_with, "province", "What each city reports, newest period")
    assert shown
    for row in shown:
        ago = 0 if (row["city"], row["indicator"], 0) in reported else 1
        numerator, denominator = reported[row["city"], row["indicator"], ago]
        assert (row["numerator"], row["denominator"]) == (numerator, denominator)
        assert row["value"] == pytest.approx(INDICATORS[row["indicator"]].value(numerator, denominator))
        assert row["time"] == midnight(row["city"], ago)


def test_who_looks_at_the_past_is_told_of_the_past(influx_with: Influx, reported: dict[Part, Any]) -> None:
    shown = rows(influx_with, "province", "All of them together, newest period", TODAY - DAY)
    assert shown
    for row in shown:
        parts = [reported[city, row["indicator"], 1] for city in CITIES]
        assert (row["numerator"], row["denominator"]) == added(row["indicator"], parts)


class Sensor:
    """interval: seconds. came: of which minutes of the last three hours it reported, and how often in each."""

    def __init__(self, city: str, device: str, interval: int, came: Mapping[int, int]) -> None:
        self.city, self.device, self.interval, self.came = city, device, interval, came

    def lines(self) -> Iterator[str]:
        tags = f"city={self.city},device={self.device},quantity=flow,zone=z"
        start = NOW - 3 * HOUR
        for name, length in (("1m", 1), ("15m", 15), ("1h", 60)):
            expected = max(1, length * 60 // self.interval)
            for minute in range(0, 180, length):
                count = sum(self.came.get(each, 0) for each in range(minute, minute + length))
                value = "mean=1.0," if count else ""
                yield f"water_{name},{tags} {value}count={count}i,expected={expected}i {start + minute * MINUTE}"
        for hour in range(3):
            place = f"city={self.city},device={self.device},domain=water,quantity=flow,zone=z"
            yield f"sensors,{place} interval={self.interval * 1000}i {start + hour * HOUR}"


def each(step: int, count: int = 1, begin: int = 0) -> dict[int, int]:
    """Every so many minutes from minute `begin` on."""
    return dict.fromkeys(range(begin, 180, step), count)


WELL, POOR = "3578", "3171"
SENSORS = (
    *(Sensor(WELL, f"fast-{number}", 10, each(1, 6)) for number in range(2)),
    *(Sensor(WELL, f"meter-{number}", 900, each(15, begin=number % 15)) for number in range(20)),
    Sensor(WELL, "hourly", 3600, {40: 1, 100: 1, 160: 1}),
    Sensor(POOR, "half", 10, each(1, 3)),
    Sensor(POOR, "slow", 900, each(15, begin=7)),
    Sensor(POOR, "dead", 900, {}),
)


def share(city: str) -> float:
    """Percent of the promised readings that came, of three hours."""
    mine = [sensor for sensor in SENSORS if sensor.city == city]
    came = np.array([sum(sensor.came.values()) for sensor in mine])
    promised = np.array([3 * 3600 / sensor.interval for sensor in mine])
    return float(100 * came.sum() / promised.sum())


@pytest.fixture(scope="module")
def watched(influx_with: Influx) -> Influx:
    influx_with.write("\n".join(line for sensor in SENSORS for line in sensor.lines()), DATABASE)
    return influx_with


def shown(influx: Influx, board: str, title: str, **choices: str) -> Answer:
    """What a panel shows of the last three hours: the answers that are not hidden."""
    targets = panel(board, title)["targets"]

    def ask(target: Mapping[str, Any]) -> list[Row]:
        return influx.query(filled_in(target["query"], NOW - 3 * HOUR, NOW, EVERYTHING | choices), DATABASE)

    answers = worked_out(targets, ask)
    (ref,) = (each["refId"] for each in targets if not each.get("hide") and answers[each["refId"]])
    return answers[ref]


def test_slow_sensors_that_report_fully_are_complete(watched: Influx) -> None:
    assert share(WELL) == 100
    for board in ("overview", "water"):
        title = "Complete, over the time shown" if board == "overview" else "Complete"
        ((value,),) = (points.values() for points in shown(watched, board, title, city=WELL).values())
        assert value == pytest.approx(100)


def test_half_of_a_fast_sensor_is_missed(watched: Influx) -> None:
    ((value,),) = (points.values() for points in shown(watched, "water", "Complete", city=POOR).values())
    assert value == pytest.approx(share(POOR))
    assert 49 < value < 51


def test_cities_together_are_readings_by_readings(watched: Influx) -> None:
    ((value,),) = (points.values() for points in shown(watched, "province", "Water: complete").values())
    came = sum(sum(sensor.came.values()) for sensor in SENSORS)
    assert value == pytest.approx(100 * came / sum(3 * 3600 / sensor.interval for sensor in SENSORS))
    targets = panel("province", "Cities side by side")["targets"]
    both = [
        watched.query(filled_in(target["query"], NOW - 3 * HOUR, NOW, EVERYTHING), DATABASE)
        for target in targets
        if '"water_' in target["query"]
    ]
    rates = {row["city"]: row["water_came"] for row in both[0]}
    promised = {row["city"]: row["water_due"] for row in both[1]}
    for city in (WELL, POOR):
        assert 100 * rates[city] / promised[city] == pytest.approx(share(city))


def test_one_series_is_judged_by_its_own_interval(watched: Influx) -> None:
    for device, percent in (("meter-3", 100), ("hourly", 100)):
        one = {"city": WELL, "zone": "z", "device": device, "quantity": "flow", "domain": "water"}
        ((value,),) = (points.values() for points in shown(watched, "device", "Complete", **one).values())
        assert value == pytest.approx(percent), device


def test_every_hour_of_slow_sensors_is_complete(watched: Influx) -> None:
    lines = panel("water", "Completeness by zone")
    answers = worked_out(lines["targets"], lambda target: over_time(watched, lines, target["query"]))
    (points,) = answers[lines["targets"][-1]["refId"]].values()
    assert list(points.values()) == pytest.approx([100, 100, 100])


def over_time(influx: Influx, drawn: Mapping[str, Any], query: str) -> list[Row]:
    """In the least steps that a panel allows."""
    stepped = query.replace("$__interval", drawn["interval"])
    return influx.query(filled_in(stepped, NOW - 3 * HOUR, NOW - 1, EVERYTHING | {"city": WELL}), DATABASE)


@pytest.mark.parametrize(("board", "title"), [("water", "Inflow, sum by zone"), ("province", "Inflow of each city")])
def test_a_sum_has_all_meters_however_slow(watched: Influx, board: str, title: str) -> None:
    drawn = panel(board, title)
    shown = over_time(watched, drawn, drawn["targets"][0]["query"])
    assert [row["sum"] for row in shown] == [20.0] * 12, "twenty meters of 1 L/s, in each quarter of an hour"


def test_every_sum_over_devices_is_of_long_enough_steps() -> None:
    intervals = {
        (name, each["title"]): each["interval"]
        for name, board in dashboards().items()
        for each in panels(board)
        if any('sum("m")' in target.get("query", "") for target in each["targets"])
    }
    assert ("overview", "Inflow, sum") in intervals
    assert {place: interval for place, interval in intervals.items() if interval != "15m"} == {}


def test_the_least_complete_series_are_not_the_slow_ones(watched: Influx) -> None:
    came, intervals = (
        watched.query(filled_in(target["query"], NOW - 3 * HOUR, NOW, EVERYTHING | {"city": POOR}), DATABASE)
        for target in panel("water", "Least complete series")["targets"]
    )
    seconds = {row["device"]: row["seconds"] for row in intervals}
    complete = {row["device"]: row["came"] * seconds[row["device"]] for row in came}
    assert complete == pytest.approx({"half": 50, "slow": 100, "dead": 0})


@pytest.mark.parametrize("before", range(0, 60, 7))
def test_the_alert_is_quiet_of_slow_sensors_and_told_of_missing_ones(watched: Influx, before: int) -> None:
    """Whenever it is evaluated. Windows are watched up to then."""
    rule = next(rule for rule in alerts() if rule["uid"] == "nadi-incomplete-water")
    end = NOW - before * MINUTE
    steps = {step["refId"]: step for step in rule["data"]}

    def ask(model: Mapping[str, Any]) -> list[Row]:
        start = end - 1000 * steps[model["refId"]]["relativeTimeRange"]["from"]
        return watched.query(filled_in(model["query"], start, end - 1, EVERYTHING), DATABASE)

    answers = worked_out([step["model"] for step in rule["data"]], ask)
    assert {dict(labels)["city"]: points[0] for labels, points in answers["C"].items()} == {WELL: 0, POOR: 1}
    assert answers["E"][("city", WELL),][0] == pytest.approx(100, abs=0.5)
