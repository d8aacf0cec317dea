"""The example of the docs: short, and it works as it stands."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aiomqtt

from tests.servers import Mosquitto

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs/examples/own_device.py"


def test_it_is_short_and_stands_in_the_docs() -> None:
    assert len(EXAMPLE.read_text().splitlines()) < 20
    assert EXAMPLE.read_text() in (ROOT / "docs/simulators.md").read_text()


async def test_it_publishes_until_ctrl_c(mosquitto: Mosquitto) -> None:
    async with asyncio.timeout(120), aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
        await client.subscribe("nadi/v1/3578/water/Gubeng/+")
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(EXAMPLE), mosquitto.url, env=os.environ | {"PYTHONPATH": str(ROOT)}
        )
        arrived = [await anext(client.messages) for _ in range(20)]
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 0
    levels = [json.loads(bytes(message.payload))["values"]["level"] for message in arrived]
    assert {str(message.topic).rpartition("/")[2] for message in arrived} == {f"well-{n}" for n in range(10)}
    assert all(15 < level < 21 for level in levels)
