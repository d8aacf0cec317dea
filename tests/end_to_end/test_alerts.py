"""An incident from the reading to people: on the broker's topic and at a webhook, through a kill."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.deploy.mqtt_client import Peer
from tests.end_to_end.city import Message
from tests.end_to_end.process import Nadi
from tests.end_to_end.publisher import publish
from tests.end_to_end.stored import QUEUES, influx_v1, settings
from tests.end_to_end.test_incidents import CATALOGUE, awaited, decide, incidents, reading
from tests.servers import Influx, Mosquitto


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Its address, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", posted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def told(posted: list[dict[str, Any]], kind: str) -> list[str]:
    """What was told of a kind, repeats of one notice left out."""
    return list({each["id"]: each["event"] for each in posted if each["kind"] == kind}.values())


def untold(alerts: dict[str, dict[str, Any]]) -> int:
    """Notices that the channel `wall` has yet to tell, or yet to hear of: each channel gets the same."""
    heard = {name: sum(counts[each] for each in ("told", "superseded", "waiting")) for name, counts in alerts.items()}
    return int(alerts["wall"]["waiting"] + max(heard.values()) - heard["wall"])


def test_people_are_told_once_through_a_kill(
    tmp_path: Path, make_mosquitto: Callable[..., Mosquitto], influx: Influx, influx_database: str
) -> None:
    (tmp_path / "sensors.csv").write_text(CATALOGUE)
    with make_mosquitto(lines=QUEUES) as broker, webhook() as (url, posted), Peer(broker.port, None, None) as peer:
        channels = [{"name": "wall", "type": "mqtt"}, {"name": "duty", "type": "webhook", "url": url}]
        wanted = settings(
            broker,
            influx=influx_v1(influx, influx_database),
            catalogue=str(tmp_path / "sensors.csv"),
            alerts=channels,
        )
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: status["ready"])
            publish(broker.port, [reading(210, 2), reading(200, 0.3), reading(0, 0.4)])
            publish(broker.port, [Message("nadi/v1/3578/gateway/gw-1/status", b"offline")])
            awaited(lambda: (told(posted, "limit"), told(posted, "gateway-lost")), (["opened"], ["opened"]))
            nadi.kill()
            nadi.start()
            nadi.wait_until(lambda status: status["ready"])  # it answers before it knows again what it knew
            limit = incidents(nadi)["limit"]["id"]
            assert decide(nadi, limit, "acknowledge", reason="regu berangkat") == 200
            awaited(lambda: told(posted, "limit"), ["opened", "acknowledged"])
            publish(broker.port, [Message("nadi/v1/3578/gateway/gw-1/status", b"online")])
            awaited(lambda: told(posted, "gateway-lost")[-1], "closed")
            awaited(lambda: untold(nadi.status()["alerts"]), 0)
            peer.subscribe("nadi-out/v1/3578/incidents/+")
            shown = peer.messages.get(timeout=30)
            assert shown.retain
            assert (shown.topic, json.loads(shown.payload)["state"]) == (
                f"nadi-out/v1/3578/incidents/{limit}",
                "acknowledged",
            )
            assert peer.messages.empty()
            assert nadi.terminate() == 0
