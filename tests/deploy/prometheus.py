"""The real Prometheus with the shipped configuration."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.deploy.shipped import DEPLOY
from tests.process import Server


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
