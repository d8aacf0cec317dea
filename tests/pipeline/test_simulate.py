"""`./nadi simulate` against a real Mosquitto, with nadi listening."""

from __future__ import annotations

import asyncio
import re
import sys
import uuid
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from config.catalogue import load_catalogue
from pipeline import cli
from pipeline.service.lifecycle import Service
from simulators.truth import read_truth
from tests.pipeline.kit import running, settings, until
from tests.servers import Mosquitto, free_port

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = """
name: little
start: 2025-11-17T06:00:00+07:00
duration: 10m
interval: 30s
speed: 300
city: {{code: "{code}", devices: 12, mix: {{water: 1, energy: 1}}}}
events:
  - {{kind: burst-main, at: 1m, duration: 5m}}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Ten minutes in two seconds, in a city of its own."""
    path = tmp_path / "little.yaml"
    path.write_text(SCENARIO.format(code=f"c{uuid.uuid4().hex[:8]}"))
    return path


async def simulate(*arguments: object) -> Process:
    command = [sys.executable, "-m", "pipeline", "simulate", *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


async def test_nadi_stores_all_that_a_scenario_publishes(mosquitto: Mosquitto, scenario: Path, tmp_path: Path) -> None:
    truth, catalogue = tmp_path / "truth.jsonl", tmp_path / "sensors.csv"
    chosen = settings(tmp_path, mqtt={"url": mosquitto.url, "topics": [f"nadi/v1/{city_of(scenario)}/+/+/+"]})
    async with running(Service(chosen)) as service:
        await until(lambda: service.parts.subscriber.status.connected)
        process = await simulate(scenario, "--broker", mosquitto.url, "--truth", truth, "--catalogue", catalogue)
        code, out, err = await ended(process)
        assert (code, err) == (0, "")
        found = re.search(r"published ([\d,]+) messages \(([\d,]+) readings\)", out)
        assert found
        readings = int(found[2].replace(",", ""))
        await until(lambda: service.ledger()["all"]["stored"] == readings)
        assert service.ledger()["all"]["rejected"] == 0
    sensors = load_catalogue(catalogue)
    assert {sensor.interval for sensor in sensors} == {100}, "30 s of the city at 300 times its speed"
    (event,) = read_truth(truth)
    assert (event.kind, event.by - event.start) == ("burst-main", 3_000)


def city_of(scenario: Path) -> str:
    found = re.search(r'code: "(\w+)"', scenario.read_text())
    assert found
    return found[1]


async def test_ctrl_c_stops_it_cleanly(mosquitto: Mosquitto, scenario: Path) -> None:
    process = await simulate(scenario, "--broker", mosquitto.url, "--speed", 1)
    state = await asyncio.to_thread(status_of, mosquitto, city_of(scenario), b"online")
    assert state
    process.send_signal(2)
    code, out, err = await ended(process)
    assert (code, err) == (0, "")
    assert "published" in out
    assert await asyncio.to_thread(status_of, mosquitto, city_of(scenario), b"offline")


def status_of(broker: Mosquitto, city: str, wanted: bytes) -> bool:
    """Whether the city's first gateway says `wanted`, or comes to say it."""
    import paho.mqtt.client as paho
    from paho.mqtt.enums import CallbackAPIVersion

    seen: list[bytes] = []
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda client, userdata, message: seen.append(bytes(message.payload))
    client.connect("127.0.0.1", broker.port)
    client.subscribe(f"nadi/v1/{city}/gateway/+/status", qos=1)
    for _ in range(600):
        client.loop(0.1)
        if wanted in seen:
            break
    client.disconnect()
    return wanted in seen


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "which scenario"),
        (["no-such-thing"], 2, "shipped are"),
        (["SCENARIO", "--broker", "http://x"], 2, "mqtt://"),
        (["SCENARIO", "--duration", "x"], 2, "--duration"),
        (["SCENARIO", "--truth", "/no/such/folder"], 2, "--truth /no/such/folder: can't be written"),
        (["SCENARIO", "--broker", "mqtt://127.0.0.1:PORT"], 1, "127.0.0.1"),
    ],
)
def test_what_is_wrong_is_said(
    scenario: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    filled = [each.replace("SCENARIO", str(scenario)).replace("PORT", str(free_port())) for each in arguments]
    monkeypatch.setattr(sys, "argv", ["nadi", "simulate", *filled])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert words in capsys.readouterr().err


def test_the_shipped_ones_are_listed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["nadi", "simulate", "--list"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "calm-day" in capsys.readouterr().out
