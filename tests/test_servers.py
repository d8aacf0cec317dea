"""The real servers themselves: they start, answer, survive what tests do to them, and are told apart when missing."""

import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests import servers
from tests.certificates import Authority
from tests.packages import PACKAGES, find
from tests.process import reserved
from tests.servers import Influx, Mosquitto, ServerFailed, VictoriaMetrics, require


def publish(broker: Mosquitto, *options: str) -> "subprocess.CompletedProcess[bytes]":
    command = [require("mosquitto_pub"), "-h", "localhost", "-p", str(broker.port), "-t", "t", "-m", "x", *options]
    return subprocess.run(command, capture_output=True, timeout=20)


def test_mosquitto_takes_messages_and_comes_back_on_its_port_after_a_kill(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, persistence=True) as broker:
        port, first = broker.port, broker.pid
        assert publish(broker, "-q", "1").returncode == 0
        broker.kill()
        with pytest.raises(OSError, match=r".*"):
            socket.create_connection(("127.0.0.1", port), timeout=1)
        broker.start()
        assert (broker.port, broker.pid != first) == (port, True)
        assert publish(broker, "-q", "1").returncode == 0
    assert not broker.running


def test_mosquitto_asks_for_password_and_certificate(tmp_path: Path, authority: Authority) -> None:
    broker = Mosquitto(tmp_path, users={"nadi": "secret"}, tls=authority.server(), client_ca=authority.ca_file)
    with broker:
        pair = authority.client()
        shown = ["--cafile", str(authority.ca_file), "--cert", str(pair.cert_file), "--key", str(pair.key_file)]
        assert publish(broker, *shown, "-u", "nadi", "-P", "secret").returncode == 0
        assert publish(broker, *shown, "-u", "nadi", "-P", "wrong").returncode != 0
        assert publish(broker, *shown[:2], "-u", "nadi", "-P", "secret").returncode != 0


def test_influx_gives_back_what_was_written(influx: Influx, influx_database: str) -> None:
    influx.write("water,device=d1 value=1.5,flags=0i 1763769600000", influx_database)
    rows = influx.query("SELECT value FROM water GROUP BY device", influx_database)
    assert rows == [{"name": "water", "device": "d1", "time": 1763769600000, "value": 1.5}]


def test_influx_with_a_user_refuses_others(tmp_path: Path) -> None:
    with Influx(tmp_path, user=("nadi", "secret")) as server:
        server.create_database()
        assert server.query("SHOW DATABASES") == [{"name": "city"}]
        server.user = ("nadi", "wrong")
        with pytest.raises(AssertionError, match="401"):
            server.query("SHOW DATABASES")


def test_victoria_metrics_gives_back_what_was_written(victoria_metrics: VictoriaMetrics) -> None:
    now = int(time.time()) * 1000
    victoria_metrics.write(f"fixture,city=try value=2.5 {now}")
    assert victoria_metrics.samples("fixture_value") == [{"city": "try", "time": now, "value": 2.5}]


def test_a_reserved_port_is_had_by_naming_it_alone() -> None:
    with reserved() as place, socket.socket() as other:
        address = place.getsockname()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, timeout=10)
        with pytest.raises(OSError, match="in use"):
            other.bind(address)  # as those do whom the kernel gives any free one
        with socket.create_server(address), socket.create_connection(address, timeout=10):
            """It listens."""


def test_a_server_that_can_not_start_shows_its_log(tmp_path: Path) -> None:
    with pytest.raises(ServerFailed, match="no_such_option"):
        Mosquitto(tmp_path, lines=["no_such_option 1"]).start()


def test_a_missing_server_is_skipped_by_name_and_fails_on_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "no-such-server", "no-such-package")
    assert find("no-such-server") is None
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-server is not on this machine"):
        servers.require("no-such-server")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-package"):
        servers.require("no-such-server")
