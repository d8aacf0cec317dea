"""`nadi backtest`: a shipped scenario as it was stored, run again with other thresholds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from config.settings import InfluxSettings
from pipeline.cli import app, main
from pipeline.history import base as history
from pipeline.history.influxql import access
from sinks.influx import InfluxSink
from telemetry.errors import NadiError, SettingsError, StoreError
from tests.pipeline import backtest_kit as kit
from tests.pipeline.backtest_kit import HOUR, Recorded
from tests.servers import Influx

NO_RAIN = ("--set", "disaster.rain.violent=1000", "--set", "disaster.rain.hourly=1000")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """A cloudburst and a flood."""
    return kit.record(tmp_path_factory.mktemp("flood"), "flash-flood", hours=14, devices=16)


@pytest.fixture(scope="module")
def config(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("historian")
    path = recorded.historian(folder / "city.duckdb")
    file = folder / "nadi.yaml"
    file.write_text(f"historian: {path}\ncatalogue: {recorded.catalogue}\nstate_dir: {folder}\n")
    return file


def at(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat()


def ask(config: Path, begin: int, end: int, *more: str) -> Any:
    """The answer of `nadi backtest ... --json`."""
    arguments = ["backtest", "--config", str(config), "--from", at(begin), "--to", at(end), "--tick", "180s", *more]
    result = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def without_rain(recorded: Recorded, config: Path) -> Any:
    return ask(config, recorded.start, recorded.end, *NO_RAIN)


@pytest.fixture(scope="module")
def last_hours(recorded: Recorded) -> tuple[int, int]:
    """Around the cloudburst: what is asked of these is answered quickly."""
    return recorded.end - 3 * HOUR // 2, recorded.end


@pytest.fixture(scope="module")
def rain_gone(config: Path, last_hours: tuple[int, int]) -> Any:
    return ask(config, *last_hours, *NO_RAIN, "--warm-up", "30m")


def test_the_same_thresholds_raise_what_was_raised(recorded: Recorded, without_rain: Any) -> None:
    """As configured every incident opens, is told, and ends as it was stored: by its id, to the ms."""
    sides = [row for row in without_rain["incidents"] if row["stored"] or row["configured"]]
    assert len(sides) == without_rain["stored"] >= 2
    assert [row["configured"] for row in sides] == [row["stored"] for row in sides]
    assert without_rain["readings"] == recorded.readings > 10_000


def test_a_changed_threshold_removes_exactly_its_incidents(without_rain: Any) -> None:
    verdicts = {(row["kind"], row["verdict"]) for row in without_rain["incidents"]}
    assert ("heavy-rain", "gone") in verdicts
    assert {kind for kind, verdict in verdicts if verdict != "same"} == {"heavy-rain"}
    for row in without_rain["incidents"]:
        assert (row["changed"] is None) == (row["kind"] == "heavy-rain")


def test_a_lower_threshold_opens_incidents_earlier_or_adds_some(config: Path, last_hours: tuple[int, int]) -> None:
    changes = ("--set", "disaster.rain.violent=12", "--set", "disaster.rain.ends=6", "--domain", "disaster")
    found = ask(config, *last_hours, *changes, "--warm-up", "30m")
    differing = [row for row in found["incidents"] if row["verdict"] != "same"]
    assert {row["kind"] for row in differing} == {"heavy-rain"}
    assert found["changed"] >= found["configured"]
    for row in differing:
        assert row["verdict"] in ("earlier", "new")
        if row["verdict"] == "earlier":
            assert row["changed"]["opened"] < row["configured"]["opened"]


def test_only_what_opens_in_the_span_is_told_and_the_warm_up_is_learnt_from(
    config: Path, without_rain: Any, rain_gone: Any, last_hours: tuple[int, int]
) -> None:
    begin, _ = last_hours
    earlier = [row for row in without_rain["incidents"] if row["stored"]["opened"] < begin]
    assert len(earlier) >= 1
    assert rain_gone["learnt_from"] == begin - HOUR // 2
    assert rain_gone["incidents"] == [row for row in without_rain["incidents"] if row not in earlier]


def test_how_history_is_cut_changes_nothing(
    config: Path, rain_gone: Any, last_hours: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slices of a few hundred readings, of which none is larger."""
    monkeypatch.setattr(history, "MOST_READINGS", 300)
    sizes: list[int] = []
    slices = history.History.slices

    def watched(self: history.History, begin: int, end: int) -> Iterator[Any]:
        for piece in slices(self, begin, end):
            sizes.append(len(piece))
            yield piece

    monkeypatch.setattr(history.History, "slices", watched)
    assert ask(config, *last_hours, *NO_RAIN, "--warm-up", "30m") == rain_gone
    assert sum(sizes) == rain_gone["readings"] > 2_000
    assert max(sizes) <= 300


def test_influxdb_tells_the_same(
    recorded: Recorded,
    rain_gone: Any,
    last_hours: tuple[int, int],
    influx: Influx,
    influx_database: str,
    tmp_path: Path,
) -> None:
    settings = InfluxSettings(url=influx.url, api="v1", database=influx_database)
    recorded.store(lambda table: InfluxSink(settings, table))
    file = tmp_path / "influx.yaml"
    file.write_text(
        f"influx: {{url: {influx.url!r}, api: v1, database: {influx_database}}}\ncatalogue: {recorded.catalogue}\n"
    )
    found = ask(file, *last_hours, *NO_RAIN, "--warm-up", "30m")
    assert found.pop("store") == f"InfluxDB {influx.url}, {influx_database}"
    assert found == {name: value for name, value in rain_gone.items() if name != "store"}
    with pytest.raises(NadiError, match=r"InfluxDB .* has no readings .* none at all"):
        ask(file, *last_hours, "--city", "3578", "--domain", "disaster", "--zone", "no such zone")


def test_people_get_tables(config: Path, last_hours: tuple[int, int]) -> None:
    begin, end = last_hours
    arguments = [
        "backtest",
        "-c",
        str(config),
        "--from",
        at(begin),
        "--to",
        at(end),
        "--warm-up",
        "0",
        "--tick",
        "180s",
    ]
    shown = CliRunner().invoke(app, [*arguments, *NO_RAIN], catch_exceptions=False).stdout.splitlines()
    (counts,) = [line.split() for line in shown if line.startswith(" heavy-rain")]
    assert counts == ["heavy-rain", "1", "1", "0", "0", "1", "0", "0", "0"]
    assert any("heavy-rain" in line and line.split()[-1] == "gone" for line in shown)


def test_a_wrong_key_is_named_with_those_allowed_and_exits_with_2(
    config: Path, last_hours: tuple[int, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["backtest", "-c", str(config), "--from", at(last_hours[0]), "--to", at(last_hours[1])]
    monkeypatch.setattr(sys, "argv", ["nadi", *arguments, "--set", "disaster.rain.vilent=3"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "disaster.rain.vilent: no such key; did you mean violent? allowed here: window, violent" in said


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--domain", "fire"), "--domain 'fire' is not allowed; allowed: water, energy, waste, disaster"),
        (("--tick", "0s"), "--tick 0"),
        (("--warm-up", "7"), "--warm-up: '7' is not a duration"),
        (("--store", "influx"), "--store influx: the settings have no section influx"),
        (("--store", "influx", "--historian", "x"), "leave --store influx out"),
        (("--from", "yesterday"), "--from 'yesterday': expected RFC 3339"),
        (("--to", "2020-01-01T00:00:00Z"), "is not after --from"),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(
    recorded: Recorded, config: Path, more: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        ask(config, recorded.start, recorded.end, *more)


def test_a_time_without_readings_is_named_with_those_there_are(recorded: Recorded, config: Path) -> None:
    with pytest.raises(NadiError, match=r"city.duckdb has no readings .* those from 2026-01-11T17:.* to 2026-01-12T0"):
        ask(config, recorded.end + HOUR, recorded.end + 2 * HOUR)


def test_a_store_that_is_none_is_named(recorded: Recorded, config: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"none\.duckdb: no such file"):
        ask(config, recorded.start, recorded.end, "--historian", str(tmp_path / "none.duckdb"))
    (tmp_path / "text.duckdb").write_text("not a database, not at all")
    with pytest.raises(StoreError, match=r"text\.duckdb can't be read"):
        ask(config, recorded.start, recorded.end, "--historian", str(tmp_path / "text.duckdb"))


def test_influxdb_is_asked_with_the_sinks_own_credentials() -> None:
    second = access(InfluxSettings.model_validate({"api": "v2", "bucket": "kota", "token": "secret"}))
    assert (second.database, second.authorization) == ("kota", "Token secret")
    first = access(InfluxSettings.model_validate({"api": "v1", "username": "ann", "password": "pw"}))
    assert (first.database, first.authorization) == ("city", "Basic YW5uOnB3")
