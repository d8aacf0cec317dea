"""A town of a few devices in a real nadi of this process, which thinks that it is connected to its broker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pipeline.service.lifecycle import Service, wall_clock
from pipeline.web.passwords import hash_password
from telemetry.sensors import Sensor
from telemetry.series import DOMAINS, Identity
from tests.pipeline.kit import processed, running, send, settings, until

CITY = "3578"
PASSWORD = "rahasia sekali"
QUANTITY = {"water": "pressure", "energy": "voltage", "waste": "fill", "disaster": "rainfall"}
NORMAL = {"water": 280.0, "energy": 220.0, "waste": 40.0, "disaster": 0.0}


def sensors(zones: int = 3, each: int = 2) -> list[Sensor]:
    """`each` devices of each domain in each zone, on a grid."""
    made = []
    for zone in range(zones):
        for domain in DOMAINS:
            for number in range(each):
                identity = Identity(CITY, domain, f"zona-{zone + 1}", f"{domain}-{number + 1}", QUANTITY[domain])
                lat = -7.25 - 0.02 * (zone // 40) + 0.002 * number
                lon = 112.70 + 0.02 * (zone % 40) + 0.002 * DOMAINS.index(domain)
                high = 400.0 if domain == "water" else float("nan")
                low = 100.0 if domain == "water" else float("nan")
                made.append(Sensor(identity, lat=lat, lon=lon, low=low, high=high, interval=10_000))
    return made


def users(folder: Path) -> Path:
    """siti, a viewer, and budi, an operator."""
    path = folder / "users"
    hashed = hash_password(PASSWORD)
    path.write_text(f"siti:viewer:{hashed}\nbudi:operator:{hashed}\n")
    path.chmod(0o600)
    return path


class Town:
    def __init__(self, service: Service, catalogue: Sequence[Sensor]) -> None:
        self.service = service
        self.catalogue = catalogue

    @property
    def address(self) -> str:
        return self.service.http.address.rstrip("/")

    async def speak(self, ago_s: float = 0.0, **values: float) -> None:
        """Every device says what is normal in its domain, or what is given for the domain; and it is processed: who
        looks earlier is told that they are silent, and asks again after fifteen seconds only."""
        time = self.service.clock() - round(ago_s * 1000)
        said = NORMAL | values
        await send(
            self.service,
            *(
                (
                    f"{sensor.identity.domain}/{sensor.identity.zone}/{sensor.identity.device}",
                    {"ts": time, "values": {sensor.identity.quantity: said[sensor.identity.domain]}, "gw": "gw-1"},
                )
                for sensor in self.catalogue
            ),
        )
        await processed(self.service)

    async def say(self, place: str, ago_s: float, city: str = CITY, **values: float) -> None:
        """One device, by domain/zone/device; and it is processed."""
        time = self.service.clock() - round(ago_s * 1000)
        await send(self.service, (place, {"ts": time, "values": values}), city=city)
        await processed(self.service)

    async def send_raw(self, place: str, payload: bytes) -> None:
        await send(self.service, (place, payload))
        await processed(self.service)

    async def trouble(self, zone: str = "zona-1") -> None:
        """A bin burns: an incident at the next tick."""
        for ago, temperature in ((120, 30.0), (60, 31.0), (12, 96.0), (6, 97.0), (1, 98.0)):
            await self.say(f"waste/{zone}/waste-1", ago, temperature=temperature)


def connected(service: Service) -> None:
    status = service.parts.subscriber.status
    status.connected, status.reason, status.connected_since = True, "", service.clock()


def stopped() -> Callable[[], int]:
    """A clock that stands still: what is four minutes old stays so, however long the browser takes."""
    now = wall_clock()
    return lambda: now


@asynccontextmanager
async def town(
    folder: Path, catalogue: Sequence[Sensor] | None = None, clock: Callable[[], int] = wall_clock, **more: Any
) -> AsyncIterator[Town]:
    """A nadi with the catalogue; `more` are sections of its settings. clock: ms."""
    chosen = sensors() if catalogue is None else catalogue
    http = {"listen": "127.0.0.1:0", "title": "Kota Uji", **more.pop("http", {})}
    async with running(Service(settings(folder, http=http, **more), chosen, clock=clock)) as service:
        await service.parts.processing.caught_up.wait()
        await until(lambda: service.parts.subscriber.status.reason)  # it has tried, and there is no broker
        await service.parts.subscriber.stop()
        connected(service)
        yield Town(service, chosen)
