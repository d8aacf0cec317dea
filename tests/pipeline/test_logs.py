"""Logs: one object a line, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import logs
from pipeline.service.lifecycle import Service
from tests.pipeline.kit import running, settings

SECRETS = ("tok-7f3a", "pw-mqtt-91", "pw-influx-17")


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What goes to standard error in the form that the test names."""
    root, nadi = logging.getLogger(), logging.getLogger("nadi")
    before = root.handlers[:], root.level, nadi.level
    out = io.StringIO()
    monkeypatch.setattr("sys.stderr", out)
    logs.set_up(getattr(request, "param", "json"), logging.DEBUG)
    yield out
    root.handlers[:], nadi.level = before[0], before[2]
    root.setLevel(before[1])


def test_a_line_is_an_object(lines: io.StringIO) -> None:
    log = logging.getLogger("nadi.test")
    log.info("two\nlines %d", 5, extra={"sink": "influx", "path": Path("/x")})
    try:
        raise ValueError("bad")
    except ValueError:
        log.exception("it failed")
    first, second = map(json.loads, lines.getvalue().splitlines())
    assert first.pop("ts").endswith("Z")
    assert first == {
        "level": "info", "logger": "nadi.test", "message": "two\nlines 5", "sink": "influx", "path": "/x",
    }  # fmt: skip
    assert "ValueError: bad" in second["traceback"]


@pytest.mark.parametrize("lines", ["text"], indirect=True)
def test_text_is_for_people(lines: io.StringIO) -> None:
    logging.getLogger("nadi.test").warning("sink is slow", extra={"lag_s": 3})
    assert lines.getvalue().endswith(" warning nadi.test        sink is slow  (lag_s=3)\n")


def test_libraries_only_warn(lines: io.StringIO) -> None:
    logging.getLogger("aiohttp.access").info("GET /")
    logging.getLogger("aiohttp.server").error("broken")
    assert [json.loads(line)["message"] for line in lines.getvalue().splitlines()] == ["broken"]


async def test_no_secret_is_ever_shown(lines: io.StringIO, tmp_path: Path) -> None:
    token, mqtt, influx = SECRETS
    chosen = settings(
        tmp_path,
        mqtt={"url": "mqtt://127.0.0.1:1", "username": "nadi", "password": mqtt},
        influx={"url": "http://127.0.0.1:1", "token": token, "password": influx},
    )
    service = Service(chosen)
    async with running(service):
        logging.getLogger("nadi.test").info("%s %r", chosen, chosen.mqtt, extra={"settings": chosen})
        told = json.dumps(service.status()) + json.dumps(service.ledger())
    shown = lines.getvalue() + told + repr(chosen) + str(chosen) + chosen.model_dump_json()
    assert "running" in shown
    for secret in SECRETS:
        assert secret not in shown
