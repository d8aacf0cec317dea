"""`./nadi record` and `./nadi replay` against a real Mosquitto, with nadi at both ends."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import signal
import sys
import time
import uuid
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import duckdb
import orjson
import pytest

from pipeline import cli
from pipeline.service.lifecycle import Service
from simulators.recording import Message, Reader, Writer
from tests.pipeline.kit import running, settings, until
from tests.servers import Mosquitto

ROOT = Path(__file__).resolve().parents[2]


async def nadi(command: str, *arguments: object) -> Process:
    line = [sys.executable, "-m", "pipeline", command, *map(str, arguments)]
    return await asyncio.create_subprocess_exec(*line, cwd=ROOT, stdout=PIPE, stderr=PIPE)


async def ended(process: Process) -> tuple[int | None, str, str]:
    """Exit code, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, out.decode(), err.decode()


@asynccontextmanager
async def recording(broker: Mosquitto, path: Path, city: str, *more: object) -> AsyncIterator[Process]:
    """`nadi record` of a city, listening."""
    process = await nadi("record", path, "--broker", broker.url, "--topics", f"nadi/v1/{city}/#", *more)
    mark = f"nadi/v1/{city}/gateway/recorder/status"
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        await until_recorded(client, mark, path)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_recorded(client: aiomqtt.Client, topic: str, path: Path) -> None:
    """Publish a mark until the file shows it."""
    async with asyncio.timeout(60):
        while not holds(path, topic):
            await client.publish(topic, b"online")
            await asyncio.sleep(0.2)


def holds(path: Path, topic: str) -> bool:
    return path.exists() and any(message.topic == topic for message in Reader(path))


@asynccontextmanager
async def storing(broker: Mosquitto, folder: Path, city: str) -> AsyncIterator[Service]:
    """A nadi of its own, subscribed to a city."""
    chosen = settings(folder, mqtt={"url": broker.url, "topics": [f"nadi/v1/{city}/+/+/+"]})
    async with running(Service(chosen)) as service:
        await until(lambda: service.parts.subscriber.status.connected)
        yield service


def stored(folder: Path) -> set[tuple[str, str, int, float]]:
    """Device, quantity, time, value of all that the historian holds."""
    with duckdb.connect(str(folder / "history.duckdb")) as file:
        rows = file.execute(
            "SELECT device, quantity, time, value FROM readings JOIN series ON readings.series = series.id"
        ).fetchall()
    return set(rows)


async def publish(broker: Mosquitto, city: str, count: int) -> None:
    now = time.time_ns() // 1_000_000
    async with aiomqtt.Client("127.0.0.1", broker.port) as client:
        for number in range(count):
            payload = {"gw": "g", "seq": number, "ts": now - 60_000 + number, "values": {"flow": number / 8, "ph": 7.5}}
            await client.publish(f"nadi/v1/{city}/water/z/d{number % 7}", orjson.dumps(payload), qos=number % 2)


async def test_a_replay_stores_what_was_stored(mosquitto: Mosquitto, tmp_path: Path) -> None:
    city = uuid.uuid4().hex[:8]
    path = tmp_path / "a.ndr.gz"
    async with recording(mosquitto, path, city) as process, storing(mosquitto, tmp_path / "first", city) as service:
        await publish(mosquitto, city, 200)
        await until(lambda: service.ledger()["all"]["stored"] == 400)
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            await until_recorded(client, f"nadi/v1/{city}/gateway/end/status", path)
        process.send_signal(signal.SIGINT)
        code, out, err = await ended(process)
        assert (code, err) == (0, "")
        assert "recorded" in out
    async with storing(mosquitto, tmp_path / "second", city) as service:
        code, out, err = await ended(await nadi("replay", path, "--broker", mosquitto.url, "--speed", "max"))
        assert (code, err) == (0, "")
        await until(lambda: service.ledger()["all"]["stored"] == 400)
    first = stored(tmp_path / "first")
    assert len(first) == 400
    assert stored(tmp_path / "second") == first


async def test_times_are_moved_by_one_offset_and_only_wanted_topics_come(mosquitto: Mosquitto, tmp_path: Path) -> None:
    city = uuid.uuid4().hex[:8]
    old = 1_763_769_600_000
    path = tmp_path / "a.ndr.gz"
    with Writer(path, old, ["#"]) as writer:
        for number in range(20):
            arrival = old + number * 1000
            topic = f"nadi/v1/{city}/water/z/d{number % 2}"
            payload = orjson.dumps({"ts": arrival - 500, "values": {"flow": float(number)}})
            writer.write(Message(arrival * 1000, topic, payload, 1, False))
    async with storing(mosquitto, tmp_path / "now", city) as service:
        began = time.time() * 1000
        process = await nadi(
            "replay",
            path,
            "--broker",
            mosquitto.url,
            "--speed",
            20,
            "--shift-to-now",
            "--topics",
            f"nadi/v1/{city}/+/+/d0",
        )
        code, out, err = await ended(process)
        assert (code, err) == (0, "")
        assert "replayed 10 of 10 messages, times moved by" in out
        took = time.time() * 1000 - began
        assert took >= 900, "18 s at 20 times their pace"
        await until(lambda: service.ledger()["all"]["stored"] == 10)
    rows = sorted(stored(tmp_path / "now"), key=lambda row: row[2])
    times = [row[2] for row in rows]
    assert [row[3] for row in rows] == [float(number) for number in range(0, 20, 2)]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {2000}
    assert began - 2000 < times[-1] < began + took


async def test_retained_and_qos_are_recorded(mosquitto: Mosquitto, tmp_path: Path) -> None:
    city = uuid.uuid4().hex[:8]
    path = tmp_path / "a.ndr.gz"
    topic = f"nadi/v1/{city}/gateway/g/status"
    async with recording(mosquitto, path, city), aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        began = time.time()
        await client.publish(topic, b"online", qos=1, retain=True)
        await until_recorded(client, f"nadi/v1/{city}/end", path)
    (found,) = [message for message in Reader(path) if message.topic == topic]
    assert (found.payload, found.qos, found.retain) == (b"online", 1, True)
    assert began - 1 < found.arrival / 1e6 < time.time() + 1


async def test_a_limit_ends_it(mosquitto: Mosquitto, tmp_path: Path) -> None:
    city = uuid.uuid4().hex[:8]
    path = tmp_path / "a.ndr.gz"
    async with recording(mosquitto, path, city, "--messages", 30) as process:
        await publish(mosquitto, city, 40)
        code, out, _ = await ended(process)
    assert code == 0
    assert re.search(r"recorded 30 messages", out)
    reader = Reader(path)
    assert len(list(reader)) == 30
    assert reader.cut is None


async def test_a_killed_recording_can_be_replayed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    city = uuid.uuid4().hex[:8]
    path = tmp_path / "a.ndr.gz"
    async with recording(mosquitto, path, city) as process, aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        await publish(mosquitto, city, 40)
        await until_recorded(client, f"nadi/v1/{city}/end", path)
        process.kill()
        await process.wait()
    code, out, err = await ended(await nadi("replay", path, "--broker", mosquitto.url, "--speed", 0))
    assert (code, err) == (0, "")
    assert "is cut off at byte" in out


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        (["record", "FOLDER/a.ndr.zst"], 2, "gzip"),
        (["record", "FOLDER/a.gz", "--topics", "a/#/b"], 2, "no topic filter"),
        (["record", "FOLDER/broken.gz"], 1, "exists already"),
        (["replay", "FOLDER/broken.gz"], 1, "broken.gz: is damaged between bytes 0 and 7"),
        (["replay", "FOLDER/none.gz"], 1, "none.gz: can't be read"),
        (["replay", "FOLDER/broken.gz", "--speed", "fast"], 2, "--speed 'fast'"),
        (["record", "FOLDER/b.gz", "--broker", "mqtt://127.0.0.1:1"], 1, "127.0.0.1:1"),
    ],
)
def test_what_is_wrong_is_said(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: list[str],
    code: int,
    words: str,
) -> None:
    (tmp_path / "broken.gz").write_bytes(b"no gzip")
    monkeypatch.setattr(sys, "argv", ["nadi", *(each.replace("FOLDER", str(tmp_path)) for each in line)])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == code
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["broken.gz"]
