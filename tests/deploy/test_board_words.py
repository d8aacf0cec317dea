"""What people read on the dashboards: every code of nadi's has its word, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from config.thresholds.water import WaterThresholds
from processors.kinds import KINDS
from processors.texts import QUANTITIES, Language
from sinks.alerts.words import EVENTS as EVENTS_TOLD
from sinks.alerts.words import KINDS as TOLD
from sinks.alerts.words import SEVERITIES as SEVERITIES_TOLD
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


def on_page(language: str, name: str) -> dict[str, str]:
    """A map of the page's words, by key; of those that have several the first."""
    script = (PAGE / f"words.{language}.js").read_text().partition(f"  {name}: {{")[2].partition("}")[0]
    return dict(re.findall(r'"?([\w-]+)"?: \[?"((?:[^"\\]|\\.)*)"', script))


@pytest.mark.parametrize(("language", "place"), [("id", 0), ("en", 1)])
def test_the_page_the_boards_and_alerts_call_a_kind_the_same(language: str, place: int) -> None:
    page = {kind: name.lower() for kind, name in on_page(language, "kinds").items()}
    assert page.keys() == KINDS.keys()
    assert {kind: names[place].lower() for kind, names in TOLD.items()} == page
    board = dashboards(language)["incidents"]
    assert {kind: word["text"].lower() for kind, word in options(board, "kind").items()} == page


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_page_and_the_boards_advise_the_same(language: str) -> None:
    script = (PAGE / f"words.{language}.js").read_text().partition("  kinds: {")[2]
    page = dict(re.findall(r'^ +"?([\w-]+)"?: \["[^"]+", "([^"]+)"\]', script, re.M))
    board = options(dashboards(language)["incidents"], "todo")
    assert {kind: f"{word['text']}.".lower() for kind, word in board.items()} == {
        kind: advice.lower() for kind, advice in page.items()
    }


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(
    ("board", "column", "name"),
    [
        ("incidents", "state", "states"),
        ("incidents", "event", "events"),
        ("water", "quantity", "quantities"),
        ("device", "flags", "flags"),
        ("province", "indicator", "storedNames"),
    ],
)
def test_the_page_and_the_boards_call_all_else_the_same_too(language: str, board: str, column: str, name: str) -> None:
    page = on_page(language, name)
    shown = {code: word["text"].lower() for code, word in options(dashboards(language)[board], column).items()}
    common = {code for code in shown if code in page and not code.startswith("ispu-")}
    assert len(common) > 4
    assert {code: shown[code] for code in common} == {code: page[code].lower() for code in common}


@pytest.mark.parametrize(("language", "place"), [("id", 0), ("en", 1)])
def test_alerts_call_a_severity_and_what_became_of_an_incident_as_the_page_does(language: str, place: int) -> None:
    states = on_page(language, "states")
    assert EVENTS_TOLD["returned"][place].lower() == states["returned"]
    assert EVENTS_TOLD["acknowledged"][place].lower() == states["acknowledged"]
    page = (PAGE / f"words.{language}.js").read_text()
    assert EVENTS_TOLD["put-aside"][place] == re.findall(r'shelves: "([^"]+)"', page)[0]
    said = {each: re.findall(rf'\b{each}: "([^"]+)"', page)[0] for each in ("info", "warning")}
    said["critical"] = re.findall(r'criticalWord: "([^"]+)"', page)[0]
    assert {each: words[place] for each, words in SEVERITIES_TOLD.items()} == said
    board = options(dashboards(language)["incidents"], "severity")
    assert {each: word["text"] for each, word in board.items()} == said


@pytest.mark.parametrize("language", ["id", "en"])
def test_sentences_call_a_quantity_as_the_page_does(language: Language) -> None:
    page = on_page(language, "quantities")
    assert {name: words[language].lower() for name, words in QUANTITIES.items()} == {
        name: word.lower() for name, word in page.items()
    }


def test_no_address_is_made_of_a_column_in_words() -> None:
    """Grafana puts into it what is shown, not what was stored: "Air" for "water", of which there is nothing."""
    for name, board in dashboards("id").items():
        for panel in panels(board):
            links = [value for key, value in walk(panel) if key == "url"]
            used = set(re.findall(r"__data\.fields\.(\w+)", " ".join(links)))
            words = {
                rule["matcher"]["options"]
                for rule in panel["fieldConfig"]["overrides"]
                for one in rule["properties"]
                if one["id"] == "mappings" and one["value"][0]["options"].keys() != {"*"}
            }
            assert not used & words, (name, panel["title"])


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
