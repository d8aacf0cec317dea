"""What people read on the dashboards: every code of nadi's has its word, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from config.thresholds.water import WaterThresholds
from processors.kinds import KINDS
from sinks.alerts.words import KINDS as TOLD
from telemetry import flags
from telemetry.batch import INCIDENT_EVENTS, INCIDENT_STATES, SEVERITIES
from telemetry.indicators import TABLE
from telemetry.units import CANONICAL
from tests.deploy.grafana import Json, dashboards, panels, walk

PAGE = Path(__file__).resolve().parents[2] / "pipeline" / "page"


def mapped(board: Json, column: str) -> set[str]:
    """The values of a table's column for which people read a word."""
    return set(options(board, column))


def options(board: Json, column: str) -> Json:
    for key, value in walk(board):
        if key == "overrides":
            for rule in value:
                if rule["matcher"]["options"] == column:
                    for one in rule["properties"]:
                        if one["id"] == "mappings":
                            return dict(one["value"][0]["options"])
    raise AssertionError(f"{column} is not mapped")


def test_every_kind_state_and_severity_has_its_word() -> None:
    board = dashboards()["incidents"]
    assert mapped(board, "kind") == mapped(board, "todo") == set(KINDS)
    assert mapped(board, "state") == set(INCIDENT_STATES)
    assert mapped(board, "severity") == set(SEVERITIES)
    assert mapped(board, "event") == set(INCIDENT_EVENTS)


@pytest.mark.parametrize(("language", "place"), [("id", 0), ("en", 1)])
def test_the_page_the_boards_and_alerts_call_a_kind_the_same(language: str, place: int) -> None:
    script = (PAGE / f"words.{language}.js").read_text().partition("  kinds: {")[2]
    page = {kind: name.lower() for kind, name in re.findall(r'^ +"?([\w-]+)"?: \["([^"]+)", ', script, re.M)}
    assert page.keys() == KINDS.keys()
    assert {kind: names[place].lower() for kind, names in TOLD.items()} == page
    board = dashboards(language)["incidents"]
    assert {kind: word["text"].lower() for kind, word in options(board, "kind").items()} == page


def test_every_indicator_has_its_word_and_its_way_of_being_added() -> None:
    board = dashboards("id")["province"]
    assert mapped(board, "indicator") == {each.name for each in TABLE}
    assert mapped(board, "unit") == {each.unit for each in TABLE}
    asked = [target["query"] for panel in panels(board) for target in panel["targets"] if "query" in target]
    ways = {
        "percent": '100 * sum("numerator") / sum("denominator")',
        "ratio": '1.0 * sum("numerator") / sum("denominator")',
        "sum": 'sum("numerator") AS "value"',
        "peak": 'max("numerator") AS "value"',
    }
    for each in TABLE:
        (query,) = (text for text in asked if re.search(rf"[(|]{each.name}[|)]", text))
        way = "percent" if each.kind == "ratio" and each.factor == 100 else each.kind
        assert ways[way] in query, each.name


def test_only_where_nothing_is_found_cells_say_so() -> None:
    for language, words in (("id", "tidak ada data"), ("en", "no data")):
        for board in dashboards(language).values():
            for panel in panels(board):
                said = panel["fieldConfig"]["defaults"].get("noValue")
                assert said or panel["type"] == "table", panel["title"]
        assert words in json.dumps(dashboards(language)["water"], ensure_ascii=False)


def test_every_quantity_has_its_unit_on_the_device_dashboard() -> None:
    patterns = [
        rule["matcher"]["options"]
        for panel in panels(dashboards()["device"])
        for rule in panel["fieldConfig"]["overrides"]
        if rule["matcher"]["id"] == "byRegexp"
    ]
    assert {f"/ {quantity}$/" for _, quantity in CANONICAL} <= set(patterns)


def test_inlets_and_customers_are_those_of_nadis_own_thresholds() -> None:
    board = json.dumps(dashboards()["water"])
    roles = WaterThresholds().roles
    for patterns in (roles.inlets, roles.customers):
        names = "|".join(pattern.removesuffix("*") for pattern in patterns)
        assert f"(?i)^({names})/" in board


def test_every_flag_of_quality_control_has_its_word() -> None:
    seen = {int(value) for value in mapped(dashboards()["device"], "flags")}
    tests = {flags.GROSS_RANGE, flags.CLIMATOLOGY, flags.SPIKE, flags.RATE_OF_CHANGE, flags.FLAT_LINE}
    tests |= {flags.ATTENUATED, flags.NEIGHBOUR}
    assert seen >= {verdict | test for verdict in (flags.SUSPECT, flags.FAIL) for test in tests}
    assert seen >= {flags.NO_TIME, flags.UNKNOWN, flags.RETAINED, flags.LATE, flags.EXPIRED}
