"""How soon a city of 5,000 devices is seen, and how much comes over the wire for it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.page.browser import Browser
from tests.page.town import sensors, town

DEVICES = 5_000
MOST_BYTES = 200_000
MOST_SECONDS = 1.0
ROUNDS = 3

FIRST_CONTENT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


async def greeting(address: str) -> int:
    """Bytes of the stream's first event, which has no end that the browser would count."""
    async with aiohttp.ClientSession() as session, session.get(f"{address}/api/v1/events") as answer:
        read = b""
        while b"event: pulse" not in read:
            read += await answer.content.readany()
        return len(read)


@pytest.mark.alone
async def test_five_thousand_devices_within_a_second_and_200_kilobytes(browser: Browser, tmp_path: Path) -> None:
    catalogue = sensors(zones=125, each=10)
    assert len(catalogue) == DEVICES
    limits = {"zone_series": DEVICES}
    async with town(tmp_path, catalogue, limits=limits) as place:
        await place.speak()
        painted, filled = [], []
        for _ in range(ROUNDS):
            async with browser.visit(place.address) as visit:
                wire = await visit.page.context.new_cdp_session(visit.page)
                await wire.send("Network.enable")
                sizes: list[float] = []

                def count(event: dict[str, Any], into: list[float] = sizes) -> None:
                    into.append(event["encodedDataLength"])

                wire.on("Network.loadingFinished", count)
                began = time.monotonic()
                await visit.go()
                await visit.page.wait_for_selector("path.dot.dense")
                filled.append(time.monotonic() - began)
                painted.append(await visit.page.evaluate(FIRST_CONTENT) / 1000)
                assert sum(sizes) + await greeting(place.address) < MOST_BYTES
        print(f"first content {min(painted):.2f} s, map {min(filled):.2f} s, {sum(sizes) / 1000:.0f} kB and the stream")
        assert min(painted) < MOST_SECONDS
