"""Grafana's files: what the generator makes, in Grafana's own form, complete in both languages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from processors.kinds import KINDS
from telemetry.batch import SEVERITIES
from telemetry.durations import parse_duration
from telemetry.series import DOMAINS
from tests.deploy.grafana import FOLDER, LANGUAGES, Json, alerts, asked, dashboards, panels, told, walk
from tests.deploy.shipped import load_yaml

BOARDS = ("overview", "water", "energy", "waste", "disaster", "device", "incidents", "pipeline", "province")
ALL = [
    pytest.param(board, id=f"{language}-{name}")
    for language in LANGUAGES
    for name, board in dashboards(language).items()
]
CORE = {"timeseries", "stat", "table", "bargauge", "geomap"}
"""Panel types that are Grafana's own."""
COLOURS = {"green", "yellow", "orange", "red", "blue", "text"}
"""Names of Grafana's palette: each has a shade for light and one for dark."""
PLACE = {"city": "3578", "zone": "Genteng", "kind": "burst", "domain": "water", "sink": "influx"}
"""Of an alert."""
UNITS = {
    *("short", "none", "percent", "percentunit", "s", "bytes", "dateTimeFromNow", "dateTimeAsIso"),
    *("volt", "amp", "hertz", "kwatt", "kwatth", "celsius", "degree", "lengthm", "conμgm3"),
}
TRANSFORMATIONS = {
    "joinByField",
    "calculateField",
    "organize",
    "sortBy",
    "limit",
    "merge",
    "filterFieldsByName",
    "filterByValue",
}


def built(tmp_path: Path, *arguments: str) -> dict[str, str]:
    build = [sys.executable, str(FOLDER / "build.py"), "--folder", str(tmp_path), *arguments]
    subprocess.run(build, check=True)
    return {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.json")}


def test_the_repository_holds_what_the_generator_makes(tmp_path: Path) -> None:
    kept = {
        str(path.relative_to(FOLDER)): path.read_text()
        for folder in ("dashboards", "alerting")
        for path in (FOLDER / folder).rglob("*.json")
    }
    assert built(tmp_path) == kept, "run python deploy/grafana/build.py"


def test_one_language_can_be_built_alone(tmp_path: Path) -> None:
    assert {name.split("/")[1] for name in built(tmp_path, "--language", "id")} == {"id"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_all_dashboards_and_each_has_its_address(language: str) -> None:
    made = dashboards(language)
    assert set(made) == set(BOARDS)
    assert all(board["uid"] == f"nadi-{name}" for name, board in made.items())
    assert len({board["title"] for board in made.values()}) == len(BOARDS)


@pytest.mark.parametrize("board", ALL)
def test_panels_are_numbered_and_do_not_overlap(board: Json) -> None:
    assert board["schemaVersion"] >= 39
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(numbers) == len(set(numbers))
    cells = [
        (x, y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24
    assert len(cells) == 24 * (1 + max(y for _, y in cells)), "a hole"


@pytest.mark.parametrize("board", ALL)
def test_panels_are_grafanas_own_and_ask_provisioned_sources(board: Json) -> None:
    listed = load_yaml("deploy/grafana/provisioning/datasources/nadi.yaml")["datasources"]
    provisioned = {(one["type"], one["uid"]) for one in listed} | {("__expr__", "__expr__")}
    for panel in panels(board):
        assert panel["type"] in CORE
        assert panel["targets"]
        refs = [target["refId"] for target in panel["targets"]]
        assert len(refs) == len(set(refs))
        for target in panel["targets"]:
            assert (target["datasource"]["type"], target["datasource"]["uid"]) in provisioned
        assert (panel["datasource"]["type"], panel["datasource"]["uid"]) in provisioned
        for target in panel["targets"]:
            used = set(re.findall(r"\$(\w)", target["expression"])) if target.get("type") == "math" else set()
            assert used <= set(refs)
            assert target.get("type") != "reduce" or target["expression"] in refs
        assert not all(target.get("hide") for target in panel["targets"])
        assert {step["id"] for step in panel.get("transformations", ())} <= TRANSFORMATIONS


@pytest.mark.parametrize("board", ALL)
def test_units_thresholds_and_colours_are_set_and_work_in_light_and_dark(board: Json) -> None:
    assert "style" not in board
    for key, value in walk(board["panels"]):
        if key == "unit" and isinstance(value, str):
            assert value in UNITS or value.startswith("suffix:"), value
        if key in ("color", "fixedColor", "iconColor") and isinstance(value, str):
            assert value in COLOURS, value
        if key == "steps":
            bounds = [step["value"] for step in value]
            assert bounds[0] is None
            assert bounds[1:] == sorted(bounds[1:])
    assert not re.search(r"#[0-9a-fA-F]{6}|rgba?\(", json.dumps(board))


@pytest.mark.parametrize("board", ALL)
def test_links_lead_to_dashboards_and_variables_that_are_there(board: Json) -> None:
    known = dashboards()
    urls = [value for key, value in walk(board["panels"]) if key == "url"]
    for url in urls:
        found = re.match(r"/d/nadi-([a-z]+)\?\$\{__url_time_range\}", url)
        assert found, url
        offered = {one["name"] for one in known[found[1]]["templating"]["list"]}
        assert set(re.findall(r"&var-(\w+)=", url)) <= offered
        ours = {one["name"] for one in board["templating"]["list"]}
        assert set(re.findall(r"\$\{(\w+):queryparam\}", url)) <= offered & ours
    assert urls or board["uid"] == "nadi-pipeline"
    assert board["links"][0]["tags"] == ["nadi"] == board["tags"]


@pytest.mark.parametrize("board", ALL)
def test_queries_use_variables_that_the_dashboard_has(board: Json) -> None:
    offered = {one["name"] for one in board["templating"]["list"]}
    given = {
        "timeFilter",
        "__interval",
        "__from",
        "__to",
        "tag_city",
        "tag_zone",
        "tag_device",
        "tag_quantity",
        "tag_domain",
    }
    texts = [value for key, value in walk(board) if key in ("query", "alias", "title") and isinstance(value, str)]
    used = {name for text in texts for name in re.findall(r"\$\{?(\w+)", text)}
    assert used <= offered | given, used - offered - given


def test_no_query_reads_all_of_time() -> None:
    for query in asked("influxdb"):
        if not query.text.startswith("SHOW"):
            assert re.search(r"\$timeFilter|now\(\) - |\$\{__(from|to)\}ms - ", query.text), query.name


def test_city_zone_and_device_can_be_chosen() -> None:
    for name in ("water", "energy", "waste", "disaster", "device"):
        offered = [one["name"] for one in dashboards()[name]["templating"]["list"]]
        assert [name for name in offered if name in ("city", "zone", "device")] == ["city", "zone", "device"]


def shapes(tree: Any) -> Any:
    """What must be the same in both languages: all but texts."""
    if isinstance(tree, dict):
        return {key: shapes(value) for key, value in tree.items() if key not in ("text", "value", "title")}
    return [shapes(each) for each in tree] if isinstance(tree, list) else type(tree)


def test_both_languages_ask_the_same_and_say_it_differently() -> None:
    for name in BOARDS:
        ours, theirs = dashboards("id")[name], dashboards("en")[name]
        queries = [
            [target.get("query", target.get("expr")) for panel in panels(board) for target in panel["targets"]]
            for board in (ours, theirs)
        ]
        assert queries[0] == queries[1]
        assert shapes(ours["panels"]) == shapes(theirs["panels"])
        titles = [{panel["title"] for panel in board["panels"]} for board in (ours, theirs)]
        same = titles[0] & titles[1]
        assert len(same) <= 4, f"{name}: not translated? {same}"


def test_grafana_finds_the_dashboards_where_compose_mounts_them() -> None:
    provider = load_yaml("deploy/grafana/provisioning/dashboards/nadi.yaml")["providers"][0]
    grafana = load_yaml("docker-compose.yml")["services"]["grafana"]
    mounted = {one["target"]: one["source"] for one in grafana["volumes"] if isinstance(one, dict)}
    folder = provider["options"]["path"]
    home = Path(grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    for language in LANGUAGES:
        source = mounted[folder].replace("${NADI_GRAFANA_LANGUAGE:-id}", language)
        assert (FOLDER.parent.parent / source / home.relative_to(folder)).is_file()
        source = mounted["/etc/grafana/provisioning/alerting"].replace("${NADI_GRAFANA_LANGUAGE:-id}", language)
        assert (FOLDER.parent.parent / source / "nadi.json").is_file()


@pytest.mark.parametrize("language", LANGUAGES)
def test_alert_rules_are_whole(language: str) -> None:
    rules = alerts(language)
    assert len({rule["uid"] for rule in rules}) == len(rules) == len({rule["title"] for rule in rules})
    boards = {board["uid"] for board in dashboards().values()}
    for rule in rules:
        steps = {step["refId"]: step for step in rule["data"]}
        assert rule["condition"] == "C"
        assert steps["A"]["datasourceUid"] in ("nadi-influx", "nadi-prometheus")
        assert steps["A"]["relativeTimeRange"]["from"] > 0
        assert steps["B"]["model"]["expression"] == "A"
        assert steps["C"]["model"]["expression"] == ("E" if "E" in steps else "B")
        assert steps["C"]["model"]["conditions"][0]["evaluator"]["type"] in ("gt", "lt")
        assert rule["for"] == "0s" or parse_duration(rule["for"])
        assert rule["noDataState"] in ("OK", "NoData", "Alerting")
        assert rule["labels"]["severity"] in SEVERITIES
        assert told(rule["annotations"]["dashboard"], PLACE).removeprefix("/d/").partition("?")[0] in boards
        assert rule["annotations"]["summary"]


def _mapped(language: str, column: str) -> dict[str, str]:
    """What a table of incidents shows for the codes in this column."""
    for panel in panels(dashboards(language)["incidents"]):
        for override in panel["fieldConfig"]["overrides"]:
            if panel["type"] == "table" and override["matcher"]["options"] == column:
                [mappings] = [each["value"] for each in override["properties"] if each["id"] == "mappings"]
                return {code: shown["text"] for code, shown in mappings[0]["options"].items()}
    raise AssertionError(column)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_critical_alert_names_what_it_is_and_what_to_do_in_words(language: str) -> None:
    about = next(rule for rule in alerts(language) if rule["uid"] == "nadi-incident-critical")["annotations"]
    names, todos = (_mapped(language, column) for column in ("kind", "todo"))
    for kind in KINDS:
        for domain in (*DOMAINS, "*"):
            labels = PLACE | {"kind": kind, "domain": domain}
            assert told(about["summary"], labels).startswith(f"{names[kind]}: Genteng, 3578 (")
            assert told(about["description"], labels).startswith(f"{todos[kind]}. ")
    everywhere = {"en": "flood warning: several cities (", "id": "peringatan banjir: beberapa kota ("}
    labels = {"city": "*", "zone": "*", "kind": "flood-warning", "domain": "disaster"}
    assert told(about["summary"], labels).startswith(everywhere[language])
    assert told(about["summary"], labels | {"kind": "of-tomorrow"}).startswith("of-tomorrow: "), "newer than the table"


def test_an_alert_of_a_city_opens_its_dashboard_with_the_city() -> None:
    known = dashboards()
    for rule in alerts():
        address = rule["annotations"]["dashboard"]
        if "$labels.city" in rule["annotations"]["summary"]:
            [board] = re.findall(r"^/d/nadi-(\w+)", address)
            assert "city" in {one["name"] for one in known[board]["templating"]["list"]}
            assert told(address, PLACE | {"city": "Kota & Desa"}) == f"/d/nadi-{board}?var-city=Kota+%26+Desa"
            # "*" is no pattern, and no city: Grafana's query would be refused.
            assert told(address, PLACE | {"city": "*"}) == f"/d/nadi-{board}" == told(address, {})
        else:
            assert re.fullmatch(r"/d/nadi-\w+", address)


def test_people_are_alerted_of_what_the_operations_guide_lists() -> None:
    known = {rule["uid"] for rule in alerts()}
    assert known >= {"nadi-sink-silent", "nadi-incident-critical", "nadi-lag", "nadi-disk"}
    guide = (FOLDER.parent.parent / "docs/dashboards.md").read_text()
    assert all(f"`{uid}`" in guide for uid in known)
