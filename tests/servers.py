"""Real servers on free loopback ports, each with a temporary folder of its own.

    with Mosquitto(folder) as broker:        # started, and answering
        ...                                  # broker.url, broker.port
        broker.kill(); broker.start()        # SIGKILL, and again on the same port and folder

In async tests, call start() and stop() through `asyncio.to_thread` where the loop must go on meanwhile.
"""

from __future__ import annotations

import json
import os
import pwd
import socket
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.certificates import Pair
from tests.process import Server, ServerFailed, free_port, require

__all__ = ["Influx", "Mosquitto", "Server", "ServerFailed", "VictoriaMetrics", "free_port", "require"]

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Mosquitto(Server):
    """A broker.

    lines: further lines of mosquitto.conf. persistence: keep sessions and queues across a restart
    (saved on every change). users: name -> password; anonymous clients are then refused. tls: the
    listener's certificate and key. client_ca: clients must show a certificate of this authority.
    """

    program = "mosquitto"

    def __init__(
        self,
        folder: Path,
        *,
        lines: Sequence[str] = (),
        persistence: bool = False,
        users: Mapping[str, str] | None = None,
        tls: Pair | None = None,
        client_ca: Path | None = None,
    ) -> None:
        super().__init__(folder)
        self.lines = tuple(lines)
        self.persistence = persistence
        self.users = dict(users or {})
        self.tls = tls
        self.client_ca = client_ca

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.tls else 'mqtt'}://localhost:{self.port}"

    def command(self) -> Sequence[str]:
        # Mosquitto started by root becomes the user `mosquitto`, who can't read our folder.
        lines = [f"listener {self.port} 127.0.0.1", f"user {pwd.getpwuid(os.getuid()).pw_name}"]
        if self.tls:
            lines += [f"certfile {self.tls.cert_file}", f"keyfile {self.tls.key_file}"]
        if self.client_ca:
            lines += [f"cafile {self.client_ca}", "require_certificate true"]
        if self.users:
            lines += ["allow_anonymous false", f"password_file {self._password_file()}"]
        else:
            lines.append("allow_anonymous true")
        if self.persistence:
            lines += ["persistence true", f"persistence_location {self.folder}/"]
            lines += ["autosave_on_changes true", "autosave_interval 1"]
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join([*lines, *self.lines]) + "\n")
        return [self.path, "-c", str(config)]

    def _password_file(self) -> Path:
        path = self.folder / "passwords"
        path.write_text("")
        path.chmod(0o600)
        for name, password in self.users.items():
            subprocess.run(
                [require("mosquitto_passwd"), "-b", str(path), name, password], check=True, capture_output=True
            )
        return path

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True


class _HttpServer(Server):
    scheme = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    def _get(self, path: str, **parameters: str) -> bytes:
        return self._post(path, None, **parameters)

    def _post(self, path: str, body: bytes | None, **parameters: str) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}?{urllib.parse.urlencode(parameters)}", data=body)
        try:
            with _OPENER.open(request, timeout=30) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{self.program}: {path}: {error.code} {error.read().decode()}") from error


class Influx(_HttpServer):
    """InfluxDB 1.6: `/write` and InfluxQL. With `user` (name, password), authentication is on."""

    program = "influxd"

    def __init__(self, folder: Path, *, user: tuple[str, str] | None = None) -> None:
        super().__init__(folder)
        self.user = user
        self._user_made = False

    def command(self) -> Sequence[str]:
        config = self.folder / "influxdb.conf"
        config.write_text(
            f"""reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
  auth-enabled = {"true" if self.user else "false"}
"""
        )
        return [self.path, "-config", str(config)]

    def answers(self) -> bool:
        self._get("/ping")
        if self.user and not self._user_made:
            name, password = self.user
            statement = f"CREATE USER \"{name}\" WITH PASSWORD '{password}' WITH ALL PRIVILEGES"
            self._post("/query", b"", q=statement)
            self._user_made = True
        return True

    def _credentials(self) -> dict[str, str]:
        return {"u": self.user[0], "p": self.user[1]} if self.user else {}

    def create_database(self, name: str = "city") -> None:
        self._post("/query", b"", q=f'CREATE DATABASE "{name}"', **self._credentials())

    def drop_database(self, name: str = "city") -> None:
        self._post("/query", b"", q=f'DROP DATABASE "{name}"', **self._credentials())

    def write(self, lines: str, database: str = "city") -> None:
        """Line protocol, times in ms."""
        self._post("/write", lines.encode(), db=database, precision="ms", **self._credentials())

    def query(self, statement: str, database: str = "city") -> list[dict[str, Any]]:
        """The rows of all series of an InfluxQL statement, with `name` and the tags grouped by; times in ms."""
        answer = json.loads(self._post("/query", b"", q=statement, db=database, epoch="ms", **self._credentials()))
        rows: list[dict[str, Any]] = []
        for result in answer["results"]:
            assert "error" not in result, f"{statement}: {result['error']}"
            for series in result.get("series", ()):
                labels = {"name": series.get("name"), **series.get("tags", {})}
                rows += [labels | dict(zip(series["columns"], values, strict=True)) for values in series["values"]]
        return rows


class VictoriaMetrics(_HttpServer):
    """Answers InfluxDB's `/api/v2/write`. Every field becomes a metric `measurement_field` with the
    tags as labels; every revision is kept as a sample, strings are dropped, and so are times older than
    100 years or more than two days ahead.
    """

    program = "victoria-metrics"

    def command(self) -> Sequence[str]:
        return [
            self.path,
            f"-storageDataPath={self.folder}/data",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=128MB",
        ]

    def answers(self) -> bool:
        return self._get("/health") == b"OK"

    def write(self, lines: str) -> None:
        """Line protocol, times in ms."""
        self._post("/api/v2/write", lines.encode(), precision="ms")

    def samples(self, metric: str) -> list[dict[str, Any]]:
        """All samples of a metric such as `water_value`: its tags, `time` (ms) and `value`, oldest first."""
        self._get("/internal/force_flush")
        rows: list[dict[str, Any]] = []
        for line in self._get("/api/v1/export", **{"match[]": f'{{__name__="{metric}"}}'}).splitlines():
            series = json.loads(line)
            labels = {key: value for key, value in series["metric"].items() if key != "__name__"}
            for moment, value in zip(series["timestamps"], series["values"], strict=True):
                rows.append(labels | {"time": moment, "value": value})
        return sorted(rows, key=lambda row: row["time"])
