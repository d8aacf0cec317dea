"""Memory is bounded by configuration: outages, bursts and floods stay below a stated peak of RSS.

NADI_FULL=1 runs them at full length: an outage of ten minutes, a million queued messages and
topics, 200 MB of garbage.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.city import Plan
from bench.whole import City as Surroundings
from tests.end_to_end.process import Nadi
from tests.process import free_port
from tests.reliability.flood import flood, peak_mb, reading, topic
from tests.reliability.ledger import ledger
from tests.reliability.stage import FULL
from tests.servers import Influx, Mosquitto

pytestmark = pytest.mark.alone

RATE = 20_000
OUTAGE_SECONDS = 600 if FULL else 20
QUEUED = 1_000_000 if FULL else 100_000
GARBAGE_BYTES = 200_000_000 if FULL else 20_000_000
TOPICS = 1_000_000 if FULL else 50_000

PEAK_MB = 250
"""For 10,000 series; a nadi that has just started needs about 80 MB."""
SERIES_MB = 4e-3
"""What each series more may take."""
GARBAGE_MB = 400 if FULL else PEAK_MB
"""glibc keeps room between payloads of all sizes: 200 to 330 MB were seen after 200 MB of them."""
UNLIMITED = ("max_queued_messages 0", "max_inflight_messages 1000")


def settings(port: int, **more: Any) -> dict[str, Any]:
    """A nadi whose InfluxDB is nowhere, unless `more` says otherwise."""
    return {
        "mqtt": {"url": f"mqtt://127.0.0.1:{port}"},
        "influx": {"url": f"http://127.0.0.1:{free_port()}", "api": "v1", "database": "city", "create": True},
        **more,
    }


def now() -> int:
    return int(time.time() * 1000)


def check_peak(nadi: Nadi, below: float = PEAK_MB) -> None:
    peak = peak_mb(nadi.pid)
    print(f"peak {peak:.0f} MB")
    assert peak < below


def stored(status: dict[str, Any]) -> int:
    return sum(domain["stored_total"] for domain in status["domains"].values())


@pytest.fixture
def broker(make_mosquitto: Callable[..., Mosquitto]) -> Iterator[Mosquitto]:
    with make_mosquitto(lines=UNLIMITED) as running:
        yield running


@pytest.fixture
def start(broker: Mosquitto, tmp_path: Path) -> Iterator[Callable[..., Nadi]]:
    """Starts nadi on `broker` with more settings, connected when it is returned."""
    running: list[Nadi] = []

    def make(**more: Any) -> Nadi:
        nadi = Nadi(tmp_path / "nadi", settings(broker.port, **more)).start()
        running.append(nadi)
        nadi.wait_until(lambda status: status["mqtt"]["connected"])
        return nadi

    yield make
    for nadi in running:
        nadi.kill()


def test_an_outage_of_influxdb(tmp_path: Path) -> None:
    plan = Plan(readings=RATE * OUTAGE_SECONDS, rate=RATE, series=10_000, live=True)
    city = Surroundings(plan, protocol=5)
    influx = Influx(tmp_path / "influx")
    influx.port = free_port()
    wanted = settings(city.ports["mqtt"], limits={"gateway_rate": 10**9})
    wanted["influx"]["url"] = influx.url
    try:
        with Nadi(tmp_path / "nadi", wanted) as nadi:
            nadi.wait_until(lambda status: stored(status) == plan.readings, timeout=2 * OUTAGE_SECONDS + 60)
            sink = nadi.status()["sinks"]["influx"]
            assert sink["delivered"] == 0
            assert sink["pending"] > plan.readings // 2
            with influx:
                nadi.wait_until(
                    lambda status: status["sinks"]["influx"]["delivered"] == plan.readings, timeout=OUTAGE_SECONDS + 60
                )
            check_peak(nadi)
    finally:
        city.stop()


def test_a_burst_of_queued_messages_on_connect(broker: Mosquitto, start: Callable[..., Nadi]) -> None:
    nadi = start(limits={"gateway_rate": 10**9})
    nadi.terminate()
    began = now() - QUEUED
    flood(broker.port, ((topic(number % 1000), reading(ts=began + number)) for number in range(QUEUED)))
    nadi.start()
    nadi.wait_until(lambda status: stored(status) == QUEUED, timeout=60 + QUEUED / 5_000)
    check_peak(nadi)


def test_garbage(broker: Mosquitto, start: Callable[..., Nadi]) -> None:
    nadi = start(limits={"dead_letters": "5MB"})
    chance, count = random.Random(1), 0

    def garbage() -> Iterator[tuple[str, bytes]]:
        nonlocal count
        size = 0
        while size < GARBAGE_BYTES:
            payload = b"{" + chance.randbytes(chance.choice((0, 100, 1_000, 100_000)))
            size += len(payload)
            count += 1
            yield topic(1), payload

    assert flood(broker.port, garbage()) == count
    flood(broker.port, [(topic(2), reading(ts=now()))])
    status = nadi.wait_until(lambda status: stored(status) == 1)
    assert status["rejects"] == {"json": count}
    check_peak(nadi, GARBAGE_MB)
    letters = nadi.folder / "state" / "dead_letters.sqlite"
    assert letters.stat().st_size < 10_000_000


def test_a_flood_of_topics(broker: Mosquitto, start: Callable[..., Nadi]) -> None:
    most = TOPICS // 5
    nadi = start(limits={"max_series": most, "zone_series": most})
    known, began = "nadi/v1/3578/water/other/known", now()
    flood(broker.port, [(known, reading(ts=began))])
    nadi.wait_until(lambda status: stored(status) == 1)
    flood(broker.port, ((topic(number), reading(ts=now())) for number in range(TOPICS)))
    flood(broker.port, [(known, reading(ts=began + number)) for number in range(1, 1001)])
    status = nadi.wait_until(lambda status: stored(status) == most + 1000)
    assert status["series"] == most
    assert status["rejects"] == {"series_limit": TOPICS - most + 1}
    check_peak(nadi, PEAK_MB + SERIES_MB * (most - 10_000))


def test_huge_payloads(broker: Mosquitto, start: Callable[..., Nadi]) -> None:
    nadi = start(limits={"max_payload": "100kB", "inflight": "8MB"})
    before = peak_mb(nadi.pid)
    huge, number = b"[" * 20_000_000, 20
    flood(broker.port, ((topic(1), huge) for _ in range(number)), window=1)
    flood(broker.port, [(topic(2), reading(ts=now()))])
    status = nadi.wait_until(lambda status: stored(status) == 1)
    assert status["rejects"] == {"too_large": number}
    check_peak(nadi, before + 30)


def test_one_gateway_floods_and_the_others_are_unharmed(broker: Mosquitto, start: Callable[..., Nadi]) -> None:
    nadi = start(limits={"gateway_rate": 500})
    seconds = 5
    began = now()
    bad = ((topic(1), reading(ts=began + n % 60_000 - 60_000, gw="bad", seq=n)) for n in range(20_000 * seconds))
    good = [(topic(2), reading(ts=began - n, gw="good", seq=n)) for n in range(200 * seconds)]
    interleaved = (
        message
        for n, each in enumerate(bad)
        for message in ((each, good[n // 100]) if n % 100 == 0 else (each,))
    )  # fmt: skip
    flood(broker.port, interleaved, pace=20_200)
    status = nadi.wait_until(lambda status: status["messages_total"] == 20_200 * seconds)
    gateways = ledger(nadi)["gateways"]
    assert gateways["3578/good"]["stored"] == len(good)
    assert gateways["3578/good"]["rejected"] == 0
    assert gateways["3578/bad"]["reasons"]["rate"] > 10_000 * seconds
    assert status["rejects"] == {"rate": gateways["3578/bad"]["rejected"]}
