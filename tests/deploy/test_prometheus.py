"""Prometheus' configuration and its alerts, in the real Prometheus."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.metrics_page import MetricsPage
from tests.deploy.prometheus import Prometheus
from tests.deploy.shipped import DEPLOY, ROOT, load_yaml
from tests.process import require

RULES = load_yaml("deploy/prometheus/alerts.yml")["groups"][0]["rules"]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Has scraped nadi's metrics some times."""
    with MetricsPage() as page, Prometheus(tmp_path_factory.mktemp("prometheus"), page.address) as server:
        deadline = time.monotonic() + 120
        while not server.query("rate(nadi_messages_total[1m]) > 0"):
            assert time.monotonic() < deadline, server.log_tail()
            time.sleep(0.05)
        yield server


def test_every_metric_that_a_rule_asks_for_is_told_by_nadi(prometheus: Prometheus) -> None:
    told = set(prometheus.get("/api/v1/label/__name__/values"))
    asked = {name for rule in RULES for name in re.findall(r"\bnadi_\w+", rule["expr"])}
    assert asked - told == set()


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
