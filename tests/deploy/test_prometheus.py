"""Prometheus' configuration, its alerts, and the dashboards' queries to it, in the real Prometheus."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.metrics_page import MetricsPage
from tests.deploy.shipped import DEPLOY, ROOT, load_yaml
from tests.deploy.test_dashboards import queries
from tests.process import Server, require

RULES = load_yaml("deploy/prometheus/alerts.yml")["groups"][0]["rules"]


class Prometheus(Server):
    """The shipped configuration, but for whom it asks and how often."""

    program = "prometheus"

    def __init__(self, folder: Path, nadi: str) -> None:
        super().__init__(folder)
        self.nadi = nadi

    def command(self) -> Sequence[str]:
        shipped = (DEPLOY / "prometheus/prometheus.yml").read_text()
        config = shipped.replace("nadi:9464", self.nadi).replace("10s", "200ms")
        (self.folder / "prometheus.yml").write_text(config.replace("localhost:9090", f"localhost:{self.port}"))
        (self.folder / "alerts.yml").write_text((DEPLOY / "prometheus/alerts.yml").read_text())
        return [
            self.path,
            f"--config.file={self.folder}/prometheus.yml",
            f"--storage.tsdb.path={self.folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def get(self, path: str, **parameters: str) -> Any:
        address = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=5) as answer:
            return json.loads(answer.read())["data"]

    def answers(self) -> bool:
        return bool(self.get("/api/v1/status/buildinfo"))

    def query(self, expression: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self.get("/api/v1/query", query=expression)["result"]
        return result


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Has scraped nadi's metrics some times."""
    with MetricsPage() as page, Prometheus(tmp_path_factory.mktemp("prometheus"), page.address) as server:
        deadline = time.monotonic() + 30
        while not server.query("rate(nadi_messages_total[1m]) > 0"):
            assert time.monotonic() < deadline, server.log_tail()
        yield server


@pytest.mark.parametrize("query", queries("prometheus"))
def test_every_query_of_every_panel_answers(prometheus: Prometheus, query: str) -> None:
    rows = prometheus.query(query)
    assert rows
    assert all(row["value"][1] != "NaN" for row in rows)


def test_every_metric_that_a_rule_asks_for_is_told_by_nadi(prometheus: Prometheus) -> None:
    told = set(prometheus.get("/api/v1/label/__name__/values"))
    asked = {name for rule in RULES for name in re.findall(r"\bnadi_\w+", rule["expr"])}
    # Incidents come with their own processor; the name is the public contract's.
    assert asked - told <= {"nadi_incidents_open"}


def test_rules_are_loaded_and_quiet_on_a_healthy_nadi(prometheus: Prometheus) -> None:
    loaded = [rule["name"] for group in prometheus.get("/api/v1/rules")["groups"] for rule in group["rules"]]
    assert loaded == [rule["alert"] for rule in RULES]
    assert prometheus.get("/api/v1/alerts")["alerts"] == []


def test_promtool_finds_no_fault() -> None:
    promtool = require("promtool")
    for arguments in (["check", "config", "prometheus.yml"], ["check", "rules", "alerts.yml"]):
        done = subprocess.run([promtool, *arguments], cwd=DEPLOY / "prometheus", capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_not_before() -> None:
    done = subprocess.run(
        [require("promtool"), "test", "rules", str(Path(__file__).parent / "alerts_test.yml")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tried_and_explained() -> None:
    tried = {
        case["alertname"]
        for test in load_yaml("tests/deploy/alerts_test.yml")["tests"]
        for case in test["alert_rule_test"]
    }
    explained = (ROOT / "docs/operations.md").read_text()
    for rule in RULES:
        assert rule["alert"] in tried
        assert f"### {rule['alert']}\n" in explained
        assert rule["labels"]["severity"] in {"warning", "critical"}
