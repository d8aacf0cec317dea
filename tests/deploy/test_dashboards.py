"""Grafana's dashboards: what the repository holds is what the generator makes, and every query answers."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telemetry.units import CANONICAL
from tests.deploy import city
from tests.deploy.shipped import DEPLOY, load_yaml
from tests.servers import Influx

FOLDER = DEPLOY / "grafana"
Json = dict[str, Any]


def dashboards() -> list[Json]:
    return [json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))]


def panels() -> list[Json]:
    return [panel for made in dashboards() for panel in made["panels"] if panel["type"] != "row"]


def queries(kind: str) -> list[Any]:
    """(panel and number of the query, its text) of all queries to `kind` of source."""
    key = {"influxdb": "query", "prometheus": "expr"}[kind]
    return [
        pytest.param(target[key], id=f"{panel['title']}-{target['refId']}")
        for panel in panels()
        for target in panel["targets"]
        if target["datasource"]["type"] == kind
    ]


def filled_in(query: str, until: int, choices: dict[str, str]) -> str:
    """What Grafana sends: its variables replaced."""
    query = query.replace("$timeFilter", f"time >= {until - 3_600_000}ms and time <= {until}ms")
    query = query.replace("$__interval", "1m")
    for name, value in choices.items():
        query = query.replace(f"${name}", value)
    assert "$" not in query.replace("$/", ""), query
    return query


@pytest.fixture(scope="module")
def filled(influx: Influx) -> Iterator[tuple[Influx, int]]:
    """An InfluxDB with half an hour of a small city, and the time of its end (ms)."""
    until = int(time.time() * 1000)
    influx.create_database("dashboards")
    influx.write(city.lines(until), "dashboards")
    yield influx, until
    influx.drop_database("dashboards")


ALL = {"city": ".*", "zone": ".*", "device": ".*"}
ONE_ZONE = {"city": city.CITY, "zone": "(keputih|mulyo sari)", "device": ".*"}


@pytest.mark.parametrize("choices", [ALL, ONE_ZONE], ids=["all", "one city"])
@pytest.mark.parametrize("query", queries("influxdb"))
def test_every_query_of_every_panel_answers(filled: tuple[Influx, int], query: str, choices: dict[str, str]) -> None:
    influx, until = filled
    assert influx.query(filled_in(query, until, choices), "dashboards")


@pytest.mark.parametrize("query", queries("influxdb"))
def test_a_choice_without_data_shows_nothing(filled: tuple[Influx, int], query: str) -> None:
    influx, until = filled
    assert not influx.query(filled_in(query, until, ALL | {"zone": "nowhere"}), "dashboards")


def test_variables_offer_what_is_there(filled: tuple[Influx, int]) -> None:
    influx, until = filled
    offered = {
        one["name"]: sorted({row["value"] for row in influx.query(filled_in(one["query"], until, ALL), "dashboards")})
        for one in dashboards()[0]["templating"]["list"]
    }
    assert offered["city"] == [city.CITY]
    assert offered["zone"] == sorted(city.ZONES)
    assert offered["device"] == sorted({f"{domain[0]}-{number}" for domain in city.LEVELS for number in (1, 2)})


def test_critical_anomalies_are_marked_on_the_time_line(filled: tuple[Influx, int]) -> None:
    influx, until = filled
    query = dashboards()[0]["annotations"]["list"][0]["query"]
    assert [row["reason"] for row in influx.query(filled_in(query, until, ALL), "dashboards")] == [
        "flow 99 L/s, far above the usual 8 to 16"
    ]


def value(filled: tuple[Influx, int], title: str, column: str, **tags: str) -> float:
    """The last value of a panel's first query, in the rows that carry `tags`."""
    influx, until = filled
    query = next(panel for panel in panels() if panel["title"] == title)["targets"][0]["query"]
    rows = influx.query(filled_in(query, until, ALL), "dashboards")
    return float([row[column] for row in rows if tags.items() <= row.items()][-1])


def test_sums_are_sums_and_ratios_are_of_sums(filled: tuple[Influx, int]) -> None:
    assert value(filled, "Flow, sum by zone", "sum", zone="keputih") == pytest.approx(12 + 24)
    assert value(filled, "Completeness", "water") == pytest.approx(100 * 5 / 6)
    assert value(filled, "Rain, by gauge", "sum", device="d-2") == pytest.approx(5 * 0.4)
    assert value(filled, "Lowest pressure by zone", "min", zone="keputih") == pytest.approx(280 * 0.9)


def test_fullest_bins_come_with_their_names(filled: tuple[Influx, int]) -> None:
    influx, until = filled
    query = next(panel for panel in panels() if panel["title"] == "Fullest bins")["targets"][0]["query"]
    rows = influx.query(filled_in(query, until, ALL), "dashboards")
    assert sorted((row["fill"], row["zone"], row["device"]) for row in rows)[-1] == (128.0, "mulyo sari", "w-2")
    assert len(rows) == 4


def test_the_city_of_the_test_sends_quantities_of_the_contract() -> None:
    assert {(domain, quantity) for domain, levels in city.LEVELS.items() for quantity in levels} <= set(CANONICAL)


def test_the_repository_holds_what_the_generator_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(FOLDER / "build.py"), str(tmp_path)], check=True)
    made = {path.name: path.read_text() for path in tmp_path.glob("*.json")}
    kept = {path.name: path.read_text() for path in (FOLDER / "dashboards").glob("*.json")}
    assert kept == made, "run python deploy/grafana/build.py"


def test_panels_do_not_overlap() -> None:
    for made in dashboards():
        cells = [
            (x, y)
            for panel in made["panels"]
            for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
            for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
        ]
        assert len(cells) == len(set(cells))
        assert max(x for x, _ in cells) < 24


def test_panels_ask_provisioned_sources_and_have_units() -> None:
    provisioned = {
        (one["type"], one["uid"])
        for one in load_yaml("deploy/grafana/provisioning/datasources/nadi.yaml")["datasources"]
    }
    for panel in panels():
        assert {(one["datasource"]["type"], one["datasource"]["uid"]) for one in panel["targets"]} <= provisioned
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_grafana_finds_the_dashboards_where_compose_mounts_them() -> None:
    provider = load_yaml("deploy/grafana/provisioning/dashboards/nadi.yaml")["providers"][0]
    grafana = load_yaml("docker-compose.yml")["services"]["grafana"]
    folder = provider["options"]["path"]
    assert f"./deploy/grafana/dashboards:{folder}:ro" in grafana["volumes"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (FOLDER / "dashboards" / home.relative_to(folder)).is_file()
