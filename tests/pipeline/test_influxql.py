"""Questions to InfluxDB, and to a running nadi: the token goes to the host that was named, and to no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipeline.commands.client import PASSWORD, Client
from pipeline.history.influxql import Access, ask
from telemetry.errors import NadiError


class Host:
    """On a port of its own; answers like InfluxDB, or sends on to `to`."""

    def __init__(self, to: str | None = None, code: int = 302) -> None:
        self.asked: list[str | None] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host.asked.append(self.headers.get("Authorization"))
                self.send_response(200 if to is None else code)
                if to is not None:
                    self.send_header("Location", to)
                self.end_headers()
                self.wfile.write(b'{"results":[]}\n')

            def log_message(self, *what: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def other() -> Iterator[Host]:
    host = Host()
    yield host
    host.close()


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("path", ["/query", ""])
def test_the_token_follows_no_redirection(other: Host, code: int, path: str) -> None:
    named = Host(f"http://localhost:{other.server.server_port}{path}", code)
    try:
        with pytest.raises(NadiError, match=r"sends us on to localhost:\d+, .*influx\.url must name"):
            ask(Access(named.url, "city", "Token geheim", "influx.url"), "SHOW DATABASES")
    finally:
        named.close()
    assert (named.asked, other.asked) == (["Token geheim"], [])


def test_nor_does_a_users_password(other: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    named = Host(other.url)
    try:
        with pytest.raises(NadiError, match="answers 302"):
            Client(named.url, "budi").get("/api/v1/status")
    finally:
        named.close()
    assert (len(named.asked), other.asked) == (1, [])


def test_the_host_that_was_named_gets_it(other: Host) -> None:
    assert ask(Access(other.url, "city", "Token geheim"), "SHOW DATABASES") == []
    assert other.asked == ["Token geheim"]
