"""nadi's own `/metrics`, over the made-up numbers of a healthy nadi, for a real Prometheus to scrape."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np
from prometheus_client import generate_latest

from pipeline.processing.latency import Latencies
from pipeline.service.metrics import registry
from telemetry.series import DOMAINS


class MetricsPage:
    """Serves in `with`; each scrape finds the counters a step further."""

    def __init__(self) -> None:
        self.step = 0
        self.latencies = Latencies()
        made = registry(self._status, self._busiest, self.latencies, lambda: {("water", "warning"): 1})
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page.step += 1
                page.latencies.observe(np.array([0, 20, 400], np.int64), 500)
                body = generate_latest(made)
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _status(self) -> dict[str, Any]:
        totals = {"stored_total": 10 * self.step, "duplicate_total": 2, "rejected_total": 4}
        domain = totals | {"windows_total": self.step, "anomalies_total": self.step}
        sink = {
            "earlier": 0,
            "damaged": 0,
            "delivered": 9 * self.step,
            "dropped": 0,
            "quarantined": 0,
            "pending": 3,
            "lag_s": 0.4,
        }
        return {
            "ready": True,
            "series": 12,
            "gateways": 3,
            "gateways_untaken": 0,
            "messages_total": 30 * self.step,
            "late_total": self.step,
            "rejects": {"json": 3, "future": 1},
            "formats": {"sparkplug": self.step},
            "domains": dict.fromkeys(DOMAINS, domain),
            "mqtt": {"connected": True, "session_lost": False},
            "clocks": {"off": 0, "worst": []},
            "journal": {"bytes": 1000 * self.step, "max_bytes": 10**6},
            "sinks": {"influx": sink},
            "alerts": {
                "duty": {"told": self.step, "refused": 0, "superseded": 1, "given_up": 0, "forgotten": 0, "waiting": 0}
            },
        }

    def _busiest(self, count: int) -> dict[str, dict[str, Any]]:
        gateway = {"received": 30, "stored": 28, "duplicate": 1, "rejected": 1, "sequences": {"missing": 2}}
        return {"gw-1": gateway}
