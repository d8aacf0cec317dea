"""`nadi score`: from a scenario, or from what a store holds, to figures, a page and a picture."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.commands import score as score_command
from pipeline.offline.reported import Choice, Reported, chosen
from pipeline.offline.run import Work
from pipeline.scoring import page as score_page
from pipeline.scoring.page import BEGIN, END
from pipeline.scoring.runs import Ran, Score, seeds_of
from pipeline.scoring.sources import Stores, reports_of, stored
from simulators.scenarios.loader import read_scenario
from simulators.scoring.picture import svg
from simulators.scoring.report import read_reports, write_reports
from simulators.truth import write_truth
from sinks import schema
from telemetry.errors import NadiError, SettingsError, StoreError
from tests.servers import Influx
from tests.simulators.scoring.kit import DAY, at, event, fault, matched, report

SCENARIO = """
name: small
seeds: [1, 2, 3]
held_out: [3]
start: 2025-11-18T08:00:00+07:00
duration: 1h
interval: 60s
city: {devices: 6, mix: {energy: 1}, zones: 1}
events:
  - {kind: feeder-outage, at: 30m, duration: 20m}
"""
INCIDENT = {"incident": "i1", "kind": "burst", "city": "3578", "domain": "water", "zone": "Genteng"}


def score(*arguments: str) -> Any:
    """The answer of `nadi score ... --json`."""
    result = CliRunner().invoke(app, ["score", *arguments, "--json"], catch_exceptions=False)
    return json.loads(result.stdout)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth.jsonl"
    write_truth(path, [event()])
    return path


def test_a_scenario_is_scored_the_same_bit_for_bit_in_one_process_or_two(scenario: Path, tmp_path: Path) -> None:
    here = score("--scenario", str(scenario), "--plot", str(tmp_path / "small.svg"))
    there = score("--scenario", str(scenario), "--jobs", "2")
    assert here == there
    assert here["all"]["days"] == pytest.approx(2 / 24)
    assert here["all"]["events"] == 2
    for seed in (1, 2):
        ElementTree.parse(tmp_path / f"small-small-{seed}.svg")


def test_held_out_seeds_are_kept_apart() -> None:
    scenario = read_scenario(SCENARIO.encode(), "small.yaml")
    assert seeds_of(scenario, "tuned") == [1, 2]
    assert seeds_of(scenario, "held-out") == [3]
    assert seeds_of(scenario, "all") == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--scenario NAME, --all, --truth FILE"),
        (["--all", "--scenario", "x"], "one of"),
        (["--scenario", "calm-day", "--url", "http://x"], "--truth FILE"),
        (["--scenario", "calm-day", "--write"], "--all"),
        (["--scenario", "calm-day", "--tick", "soon"], "--tick"),
        (["--truth", "missing.jsonl"], "--historian"),
        (["--truth", "missing.jsonl", "--incidents", "x"], "missing.jsonl"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(arguments: list[str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        CliRunner().invoke(app, ["score", *arguments], catch_exceptions=False)


def test_incidents_of_a_file_are_scored(tmp_path: Path, truth: Path) -> None:
    told = tmp_path / "incidents.jsonl"
    write_reports(told, [report(opened=63), report(opened=2000)])
    assert read_reports(told)[0].opened == at(63)
    found = score("--truth", str(truth), "--incidents", str(told))
    assert found["all"]["recall"] == 1.0
    assert found["all"]["delay_p50"] == 180.0
    assert found["all"]["incidents"] == 1  # the other is after the truth's end
    assert found["made_from"] == "incidents"


def test_a_line_that_is_no_report_is_named(tmp_path: Path) -> None:
    path = tmp_path / "incidents.jsonl"
    path.write_text('{"id": 5}\n')
    with pytest.raises(SettingsError, match=r"incidents.jsonl, line 1"):
        read_reports(path)


@pytest.mark.parametrize(
    ("events", "state", "told", "known"),
    [
        ([(62, "opened", "unacknowledged")], "closed", True, 62),
        ([(62, "suppressed", "suppressed"), (75, "released", "unacknowledged")], "closed", True, 75),
        ([(62, "historical", "historical")], "historical", False, None),
        ([], "unacknowledged", True, 61),
        ([], "historical", False, None),
    ],
)
def test_an_incident_is_told_when_it_first_asked_for_a_person(
    events: list[tuple[float, str, str]], state: str, told: bool, known: float | None
) -> None:
    row = {**INCIDENT, "state": state, "severity": "critical", "time": at(61), "ended": -1}
    happened = [{"incident": "i1", "event": name, "state": after, "time": at(when)} for when, name, after in events]
    (one,) = reports_of([row], happened)
    assert (one.told, one.known) == (told, None if known is None else at(known))
    assert (one.ended, one.fault) == (None, False)


def test_what_is_scored_is_chosen_once_for_all_runs() -> None:
    about_fault, about_city = report("gateway-lost", fault=True), report("burst")
    anomalies = (report(None),)
    quiet, speaking = Reported((about_fault,), anomalies), Reported((about_city,), anomalies)
    assert chosen([quiet], Choice.auto)[0] == [[about_fault, *anomalies]]
    assert chosen([quiet, speaking], Choice.auto)[0] == [[about_fault], [about_city]]
    assert chosen([quiet], Choice.incidents)[0] == [[about_fault]]
    assert chosen([quiet], Choice.anomalies)[0] == [list(anomalies)]
    assert chosen([Reported((), anomalies, complete=True)], Choice.auto)[0] == [[]], "a calm day"


def test_the_historian_is_scored(tmp_path: Path, truth: Path) -> None:
    store = tmp_path / "city.duckdb"
    with duckdb.connect(store) as file:
        for statement in schema.create_tables():
            file.execute(statement)
        file.execute("INSERT INTO series VALUES (0, '3578', 'water', 'Genteng', 'meter-01', 'flow')")
        incidents = "INSERT INTO incidents (incident, city, domain, zone, kind, time, state, severity, updated, ended)"
        for updated, state in ((62, "unacknowledged"), (95, "closed")):
            values = f"('i1', '3578', 'water', 'Genteng', 'burst', {at(61)}, '{state}', 'critical', {at(updated)}, -1)"
            file.execute(f"{incidents} VALUES {values}")
        file.execute(
            "INSERT INTO incident_events (incident, city, domain, zone, kind, time, event, state, severity) VALUES "
            f"('i1', '3578', 'water', 'Genteng', 'burst', {at(62)}, 'opened', 'unacknowledged', 'critical')"
        )
    found = score("--truth", str(truth), "--historian", str(store))
    assert found["all"]["recall"] == 1.0
    assert found["all"]["incidents"] == 1
    assert found["all"]["delay_p50"] == 120.0
    assert found["all"]["devices"] == 1


def test_a_store_that_is_none_is_named(tmp_path: Path, truth: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.duckdb: no such file"):
        stored(truth, Stores(historian=tmp_path / "none.duckdb"), None, None, None)
    (tmp_path / "text.duckdb").write_text("not a database, not at all")
    with pytest.raises(StoreError, match=r"text\.duckdb"):
        stored(truth, Stores(historian=tmp_path / "text.duckdb"), None, None, None)


def test_influxdb_is_scored(influx: Influx, influx_database: str, truth: Path) -> None:
    tags = "city=3578,domain=water,zone=Genteng"
    influx.write(
        f'incidents,{tags},kind=burst incident="i1",state="closed",severity="critical",updated={at(90)}i,'
        f'ended={at(90)}i,value=1.0,reason="" {at(61)}\n'
        f'incident_events,{tags},kind=burst incident="i1",event="opened",state="unacknowledged",'
        f'severity="critical",by="nadi",reason="" {at(63)}\n'
        f'anomalies,{tags},device=m1,quantity=flow,detector=limits value=1.0,severity="warning" {at(61)}\n'
        + "".join(
            f"water,city=3578,zone=Genteng,device={device},quantity={quantity} value=1.0 {at(61)}\n"
            for device in ("m1", "m2")
            for quantity in ("flow", "pressure")
        ),
        influx_database,
    )
    asked = ("--truth", str(truth), "--url", influx.url, "--database", influx_database)
    found = score(*asked)
    assert found["all"]["recall"] == 1.0
    assert found["all"]["delay_p50"] == 180.0
    assert found["all"]["devices"] == 2
    anomalies = score(*asked, "--reports", "anomalies")
    assert anomalies["all"]["by_incident"].keys() == {"(limits)"}
    assert anomalies["all"]["recall"] == 1.0


def test_an_influxdb_that_does_not_answer_is_named(truth: Path) -> None:
    with pytest.raises(NadiError, match=r"127\.0\.0\.1:9 does not answer"):
        stored(truth, Stores(url="http://127.0.0.1:9"), None, None, None)


def test_only_what_began_between_from_and_to_counts(tmp_path: Path) -> None:
    """As of a simulation that was stopped: what the truth foretold for later could not be reported."""
    write_truth(tmp_path / "truth.jsonl", [event(), event(start=600, end=630)])
    write_reports(tmp_path / "reports.jsonl", [report()])
    asked = ("--truth", str(tmp_path / "truth.jsonl"), "--incidents", str(tmp_path / "reports.jsonl"))
    assert score(*asked)["all"]["recall"] == 0.5
    until = datetime.fromtimestamp(at(300) / 1000, UTC).isoformat()
    found = score(*asked, "--to", until)["all"]
    assert (found["events"], found["recall"], found["precision"]) == (1, 1.0, 1.0)


def ran(scenario: str = "small", seed: int = 1, held_out: bool = False) -> Ran:
    reported = Reported((report(),), ())
    return Ran(scenario, seed, held_out, DAY, (event(),), reported, Work(10, 0, {"windows": 1.0}))


def test_the_page_gets_tuned_and_held_out_seeds_apart(tmp_path: Path) -> None:
    page = tmp_path / "detection.md"
    page.write_text(f"before\n{BEGIN}\noutdated\n{END}\nafter\n")
    result = Score.of([ran(seed=3, held_out=True), ran(seed=1)], Choice.incidents)
    score_page.write(result, page)
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "outdated" not in text
    assert text.index("tuned on") < text.index("Held-out seeds") < text.index("By kind of event")
    score_page.write(result, page)
    assert page.read_text() == text


def test_a_page_without_a_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no place"):
        score_page.write(Score.of([ran()], Choice.auto), tmp_path / "detection.md")


def test_the_shipped_page_has_a_place_for_the_tables() -> None:
    text = score_page.PAGE.read_text()
    assert text.index(BEGIN) < text.index(END)


def test_the_picture_shows_every_truth_and_report_and_marks_what_was_missed() -> None:
    truth = [event(zone="A & B"), event(zone="C"), fault(zone="D")]
    told = [report(zone="A & B"), report("outage", zone="E", domain="energy", ended=None)]
    drawn = svg("<one>", matched(truth, told))
    titles = [node.text or "" for node in ElementTree.fromstring(drawn).iter() if node.tag.endswith("title")]
    assert len(titles) == 5
    assert sum("not reported" in title for title in titles) == 2  # the burst in C and the fault
    assert any(title.startswith("outage") and title.endswith("false") for title in titles)
    assert drawn.count('stroke="#b3261e"') == 3  # the two, and the legend's


def test_a_picture_that_has_no_place_is_told_before_the_work(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_command, "_run", lambda *_, **__: pytest.fail("has begun to work"))
    with pytest.raises(SettingsError, match=r"--plot .*small\.svg: there is no folder"):
        score("--scenario", str(scenario), "--plot", str(tmp_path / "pictures" / "small.svg"))


def test_a_picture_that_can_not_be_written_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "small.svg").mkdir()
    write_truth(tmp_path / "truth.jsonl", [event()])
    write_reports(tmp_path / "reports.jsonl", [report()])
    with pytest.raises(NadiError, match=r"--plot .*small\.svg: can't be written: Is a directory"):
        score(
            *("--truth", str(tmp_path / "truth.jsonl"), "--incidents", str(tmp_path / "reports.jsonl")),
            *("--plot", str(tmp_path / "small.svg")),
        )
