"""Every query of Grafana's dashboards and alerts, put to an InfluxDB that nadi filled from a scenario."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from math import isnan
from typing import Any

import pytest

from telemetry.series import Identity
from tests.deploy.grafana import Asked, asked, dashboards, filled_in, panels
from tests.deploy.operated import CITIES, Operated, operate
from tests.servers import Influx

DATABASE = "dashboards"
QUERIES = list(asked("influxdb"))
Row = dict[str, Any]
SOMETIMES = {"delta", "low", "high"}
"""Only counters have a delta, and not every anomaly has both bounds."""


class City:
    """The database, and what a user of the dashboards may choose."""

    def __init__(self, influx: Influx, operated: Operated) -> None:
        self.influx = influx
        self.operated = operated

    def ask(self, query: str, **choices: str) -> list[Row]:
        everything = {"city": ".*", "zone": ".*", "device": ".*", "domain": ".*", "window": "1m", "period": "day"}
        return self.raw(filled_in(query, self.operated.start, self.operated.end, everything | choices))

    def raw(self, query: str) -> list[Row]:
        return self.influx.query(query, DATABASE)

    def panel(self, board: str, title: str, target: int = 0, **choices: str) -> list[Row]:
        found = next(panel for panel in panels(dashboards()[board]) if panel["title"] == title)
        return self.ask(found["targets"][target]["query"], **choices)

    @cached_property
    def troubled(self) -> dict[str, str]:
        """The choices of a series of which everything is known: limits, flags, anomalies, an open incident."""
        anomalous = self.raw('SELECT "value" FROM "anomalies" GROUP BY *')
        for row in anomalous:
            identity = Identity(*(row[name] for name in Identity._fields))
            sensor = next(s for known in self.operated.catalogue.values() for s in known if s.identity == identity)
            series = " AND ".join(f"\"{name}\" = '{row[name]}'" for name in ("city", "zone", "device", "quantity"))
            flagged = self.raw(f'SELECT "value" FROM "{identity.domain}" WHERE {series} AND "flags" > 0')
            place = (
                f"\"domain\" = '{identity.domain}' AND \"zone\" = '{identity.zone}' AND \"city\" = '{identity.city}'"
            )
            open_there = self.raw(f"SELECT * FROM incidents WHERE {place} AND \"state\" = 'unacknowledged'")
            if flagged and open_there and not isnan(sensor.low) and not isnan(sensor.high):
                return {name: row[name] for name in Identity._fields}
        raise AssertionError("the scenario troubles no series enough")


@pytest.fixture(scope="module")
def city(influx: Influx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    influx.create_database(DATABASE)
    yield City(influx, operate(tmp_path_factory.mktemp("operated"), influx.url, DATABASE))
    influx.drop_database(DATABASE)


def chosen(city: City, query: Asked) -> dict[str, str]:
    return city.troubled if query.board == "device" else {}


@pytest.mark.parametrize("query", QUERIES, ids=[query.name for query in QUERIES])
def test_every_query_answers_with_values(city: City, query: Asked) -> None:
    rows = city.ask(query.text, **chosen(city, query))
    labels = {"time", "name", *Identity._fields, "kind"}
    assert any(value is not None for row in rows for name, value in row.items() if name not in labels or name == "name")
    columns = {name for row in rows for name in row} - labels - SOMETIMES
    assert all(any(row.get(name) is not None for row in rows) for name in columns), "a column is empty"


LONGER = [each for each in QUERIES if "$window" in each.text and "moving_average" not in each.text]
"""The usual range needs 20 windows, of an hour too."""


@pytest.mark.parametrize("window", ["15m", "1h"])
@pytest.mark.parametrize("query", LONGER, ids=[query.name for query in LONGER])
def test_longer_windows_answer_too(city: City, query: Asked, window: str) -> None:
    assert city.ask(query.text, **{**chosen(city, query), "window": window})


PLACED = [each for each in QUERIES if "$city" in each.text and not each.where.startswith("variable city")]


@pytest.mark.parametrize("query", PLACED, ids=[query.name for query in PLACED])
def test_another_city_shows_nothing_of_this_one(city: City, query: Asked) -> None:
    rows = city.ask(query.text, **{**chosen(city, query), "city": "nowhere"})
    everywhere = "\"city\" = '*'" in query.text
    assert not rows or everywhere
    assert all(row.get("city", "*") in ("*", "") for row in rows)


def test_what_concerns_several_cities_is_shown_in_each(city: City) -> None:
    listed = city.panel("overview", "What is wrong", city="3578", zone="Genteng")
    assert {row["kind"] for row in listed if row["zone"] == "*"} >= {"flood-warning"}
    assert {row["zone"] for row in listed} == {"Genteng", "*"}
    assert all(row["severity"] != "info" for row in listed)


def test_variables_offer_what_is_there(city: City) -> None:
    for name, board in dashboards().items():
        offered = {one["name"]: one for one in board["templating"]["list"] if one["type"] == "query"}
        if "zone" in offered:
            zones = city.ask(offered["zone"]["query"], city="3578", **({"domain": "water"} if name == "device" else {}))
            assert {row["value"] for row in zones} == {"Genteng", "Gubeng", "Wonokromo"}
        if "city" in offered:
            cities = city.ask(offered["city"]["query"], domain="water")
            assert {row["value"] for row in cities} >= set(CITIES)


def test_a_link_leads_to_a_series_that_the_device_dashboard_offers(city: City) -> None:
    rows = city.panel("water", "Least complete series", city="3578")
    row = next(row for row in rows if row["device"].startswith("meter"))
    series = {name: row[name] for name in ("zone", "device", "quantity")}
    quantity = next(one for one in dashboards()["device"]["templating"]["list"] if one["name"] == "quantity")
    offered = city.ask(quantity["query"], city="3578", domain="water", **series)
    assert row["quantity"] in {each["value"] for each in offered}


def windows(city: City, code: str, domain: str, quantity: str) -> list[Row]:
    """The shortest windows of a quantity in a city as they are stored."""
    where = f"\"city\" = '{code}' AND \"quantity\" = '{quantity}'"
    return city.raw(f'SELECT * FROM "{domain}_1m" WHERE {where} AND "count" > 0')


def test_a_sum_is_the_sum_over_inlets_of_their_means(city: City) -> None:
    """Not of customers' meters too, whose water has passed an inlet already."""
    shown = city.panel("water", "Inflow, sum by zone", city="3578", zone="Genteng")
    flows = [row for row in windows(city, "3578", "water", "flow") if row["zone"] == "Genteng"]
    inlets = [row for row in flows if row["device"].startswith("meter-")]
    assert {row["device"] for row in inlets} < {row["device"] for row in flows}
    for row in shown[5:8]:
        assert row["sum"] == pytest.approx(sum(each["mean"] for each in inlets if each["time"] == row["time"]))
    whole = city.panel("overview", "Inflow, sum", city="3578", zone="Genteng")
    assert [row["sum"] for row in whole] == pytest.approx([row["sum"] for row in shown])


def test_the_least_complete_series_are_those_of_which_least_came(city: City) -> None:
    came, intervals = (city.panel("disaster", "Least complete series", place, city="3578") for place in (0, 1))
    seconds = {(row["device"], row["quantity"]): row["seconds"] for row in intervals}
    complete = {row["device"]: row["came"] * seconds[row["device"], row["quantity"]] for row in came}
    assert min(complete, key=lambda device: complete[device]) == "air-01", "which was silent for an hour"


def test_the_province_adds_what_came_and_what_was_due(city: City) -> None:
    came = {row["city"]: row["water_came"] for row in city.panel("province", "Cities side by side", 2)}
    due = {row["city"]: row["water_due"] for row in city.panel("province", "Cities side by side", 3)}
    both = [city.panel("province", "Water: complete", place)[0] for place in (0, 1)]
    assert both[1]["due"] == pytest.approx(sum(due.values()), rel=1e-12)
    shown = 100 * both[0]["came"] / both[1]["due"]
    assert shown == pytest.approx(100 * sum(came.values()) / sum(due.values()), rel=0.01)
    assert 50 < shown < 100


def test_the_province_counts_windows_out_of_limits(city: City) -> None:
    limits: dict[str, tuple[str, str, Callable[[float], bool]]] = {
        "Voltage outside 198 to 231 V": ("energy", "voltage", lambda mean: not 198 <= mean <= 231),
        "Pressure below 100 kPa": ("water", "pressure", lambda mean: mean < 100),
        "Chlorine outside 0.2 to 0.5 mg/L": ("water", "chlorine", lambda mean: not 0.2 <= mean <= 0.5),
        "Bins above 90 %": ("waste", "fill", lambda mean: mean > 90),
        "PM2.5 above 55.4 µg/m³": ("disaster", "pm25", lambda mean: mean > 55.4),
    }
    for title, (domain, quantity, bad) in limits.items():
        stored = [bad(row["mean"]) for code in CITIES for row in windows(city, code, domain, quantity)]
        shown = [value for name, value in city.panel("province", title)[0].items() if name not in ("name", "time")]
        assert shown == [pytest.approx(sum(stored) / len(stored))], title
        assert 0 < sum(stored) < len(stored), title


def test_what_cities_report_is_added_before_it_is_divided(city: City) -> None:
    each = [row for row in city.panel("province", "What each city reports, newest period") if row["city"] in CITIES]
    title = "All of them together, newest period"
    both = {(row["domain"], row["indicator"]): row for row in city.panel("province", title)}
    parts = [row for row in each if (row["domain"], row["indicator"]) == ("water", "pressure-compliance")]
    assert len(parts) == len(CITIES)
    ratio = sum(row["numerator"] for row in parts) / sum(row["denominator"] for row in parts)
    assert both["water", "pressure-compliance"]["value"] == pytest.approx(100 * ratio)


def test_completeness_is_that_of_the_windows_where_sensors_are_fast(city: City) -> None:
    came, due = (city.panel("energy", "Complete", place, city="3578")[0] for place in (0, 1))
    where = "city = '3578' AND expected > 0"
    row = city.raw(f"SELECT sum(count) AS n, sum(expected) AS d FROM energy_15m WHERE {where}")[0]
    shown = 100 * came["came"] / due["due"]
    assert shown == pytest.approx(100 * row["n"] / row["d"], rel=0.01)
    assert 50 < shown < 100, "gateways were lost"


def test_rain_is_the_sum_of_what_gauges_said(city: City) -> None:
    shown = city.panel("disaster", "Rainfall, by gauge", city="3578")
    said = city.raw("SELECT sum(value) FROM disaster WHERE city = '3578' AND quantity = 'rainfall' GROUP BY device")
    assert said
    for gauge in said:
        total = sum(row["sum"] for row in shown if row["device"] == gauge["device"])
        assert total == pytest.approx(gauge["sum"], rel=0.05), "but for the windows still open at the end"


def test_the_map_has_every_zone_with_its_grade(city: City) -> None:
    board = next(panel for panel in panels(dashboards()["overview"]) if panel["type"] == "geomap")
    tables = {target["refId"]: city.ask(target["query"], city="3578") for target in board["targets"]}
    zones = {row["zone"]: row for row in tables["Z"]}
    assert set(zones) == {"Genteng", "Gubeng", "Wonokromo"}
    assert all(row["calm"] == 0 and -8 < row["lat"] < -6 and 111 < row["lon"] < 114 for row in zones.values())
    assert {row["warned"] for row in tables["W"]} == {1}
    assert {row["grave"] for row in tables["C"]} == {2}
    assert {row["zone"] for row in tables["C"]} <= set(zones), "a dot without a place breaks the map"
    devices = {sensor.identity[:4] for sensor in city.operated.catalogue["3578"] if sensor.identity.city == "3578"}
    assert len(tables["S"]) == len(devices)


def test_the_usual_range_holds_the_quiet_and_not_the_extraordinary(city: City) -> None:
    """Of a voltage that an outage takes away: 20 windows of usual voltage before it make the range."""
    outage = city.raw("SELECT first(mean) AS m FROM energy_1m WHERE quantity = 'voltage' AND mean < 100 GROUP BY *")[0]
    choices = {name: outage[name] for name in ("city", "zone", "device", "quantity")} | {"domain": "energy"}
    low, high = (
        {row["time"]: row["usual"] for row in city.panel("device", "$device: $quantity, windows", place, **choices)}
        for place in (3, 4)
    )
    before = outage["time"] - 60_000
    assert 198 < low[before] < high[before] < 245
    assert outage["m"] < low[before]


def test_marks_are_the_critical_incidents(city: City) -> None:
    marks = dashboards()["energy"]["annotations"]["list"][0]["query"]
    reasons = [row["reason"] for row in city.ask(marks, city="3578")]
    assert any(re.search("without supply", reason) for reason in reasons)


def test_the_one_that_was_taken_is_shown_as_taken(city: City) -> None:
    assert city.panel("incidents", "Acknowledged")[0]["open"] == len(CITIES)


def test_fullest_bins_come_with_their_names(city: City) -> None:
    rows = city.panel("waste", "Fullest bins", city="3578")
    assert len(rows) == 14
    assert all(row["zone"] and row["device"].startswith("bin-") for row in rows)
    last = city.raw(
        "SELECT last(\"last\") FROM waste_1m WHERE city='3578' AND quantity='fill' AND count>0 GROUP BY device"
    )
    assert max(row["fill"] for row in rows) == max(row["last"] for row in last)


def test_alerts_name_what_is_wrong_and_where(city: City) -> None:
    query = next(query for query in QUERIES if query.name == "alerts: Critical incident open A")
    rows = city.ask(query.text)
    assert {"burst", "overload"} <= {row["kind"] for row in rows}
    assert all(row["city"] and row["domain"] and row["zone"] for row in rows)


def test_alerts_have_labels_of_their_own(city: City) -> None:
    """Grafana refuses a rule of which two series have the same labels."""
    for query in (each for each in QUERIES if each.board == "alerts"):
        labels = [
            tuple(sorted((k, v) for k, v in row.items() if isinstance(v, str) and k != "name"))
            for row in city.ask(query.text)
        ]
        assert len(labels) == len(set(labels)) > 0, query.name
