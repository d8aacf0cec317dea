"""Indicators from readings over MQTT to the store, and after a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from config.catalogue import load_catalogue
from pipeline.service.lifecycle import Service
from tests.pipeline.kit import NOW, processed, running, send, settings, until

CATALOGUE = "city,domain,zone,device,quantity,interval\n3578,water,keputih,p-1,flow,30s\n"
MINUTE = 60_000


class City:
    """A nadi whose clock a test moves on."""

    def __init__(self, folder: Path) -> None:
        (folder / "sensors.csv").write_text(CATALOGUE)
        self.folder, self.now = folder, NOW

    def nadi(self) -> Service:
        catalogue = load_catalogue(self.folder / "sensors.csv")
        return Service(settings(self.folder), catalogue, clock=lambda: self.now)

    async def watch(self, service: Service, minutes: int) -> None:
        """So many minutes in which one of two readings a minute comes."""
        await until(service.parts.processing.caught_up.is_set)
        for _ in range(minutes):
            await send(service, ("water/keputih/p-1", {"ts": self.now, "values": {"flow": 12.4}}))
            self.now += MINUTE
            await service.parts.gate.tick(NOW)
            await processed(service)


async def completeness(service: Service) -> dict[tuple[str, str], dict[str, Any]]:
    """By zone and period."""
    runner = service.parts.deliveries.runners[0]
    await runner.delivered(service.parts.processing.cursor)
    found = {}
    for period in ("day", "month"):
        for row in await runner.sink.indicators(period, 0, 2 * NOW):  # type: ignore[attr-defined]
            if row["indicator"] == "completeness":
                found[row["zone"], period] = row
    return found


async def test_half_of_the_readings_are_half_of_completeness(tmp_path: Path) -> None:
    city = City(tmp_path)
    async with running(service := city.nadi()):
        await city.watch(service, 32)
        found = await completeness(service)
    assert set(found) == {(zone, period) for zone in ("keputih", "*") for period in ("day", "month")}
    assert {round(row["value"]) for row in found.values()} == {50}
    assert found["*", "day"]["denominator"] > 0.25


async def test_a_restart_goes_on_counting(tmp_path: Path) -> None:
    city = City(tmp_path)
    async with running(service := city.nadi()):
        await city.watch(service, 32)
        before = (await completeness(service))["*", "month"]
    async with running(service := city.nadi()):
        await city.watch(service, 16)
        after = (await completeness(service))["*", "month"]
    assert after["denominator"] > before["denominator"] + 0.2
    assert round(after["value"]) == 50
