"""`./nadi demo`: a broker, a simulated city, the pipeline, its store and page, in one process.

DemoBroker ◀── Publisher (Surabaya: the last half hour at once, then by our clock)
     └───────▶ Service (journal, processors, historian, page) ──▶ LiveTable
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from itertools import chain
from pathlib import Path

from rich.console import Console

from config.settings import HistorianSettings, HttpSettings, LimitSettings, MqttSettings, Settings
from pipeline import logs
from pipeline.demo.broker import DemoBroker
from pipeline.demo.status import demo_status
from pipeline.demo.table import LiveTable
from pipeline.service.lifecycle import Service, wall_clock
from simulators.broker import Broker
from simulators.city import CityClock
from simulators.demo import demo_city, demo_past, demo_steps
from simulators.feed import Step
from simulators.publisher import Publisher
from telemetry.series import DOMAINS

PREPARES = 5_000
"""ms for the city's past to be computed while nadi starts."""
PAST_RATE = 1_000_000
"""Readings/s that are let in: the past comes at once."""
WINDOWS = (10_000, 60_000, 300_000)
"""Short ones (ms), so that there is something to see within seconds."""
THRESHOLDS = Path(__file__).with_name("thresholds.yaml")


def main(seconds: float | None = None, port: int = 8080, state_dir: Path | None = None) -> None:
    """Run until Ctrl-C, SIGTERM, or for `seconds`; prints a summary. The state is kept only in `state_dir`."""
    logs.set_up("text", logging.WARNING)
    folder = state_dir or Path(tempfile.mkdtemp(prefix="nadi-demo-"))
    try:
        asyncio.run(_demo(seconds, port, folder))
    finally:
        if state_dir is None:
            shutil.rmtree(folder, ignore_errors=True)


def _settings(broker: DemoBroker, port: int, folder: Path) -> Settings:
    return Settings(
        mqtt=MqttSettings(url=broker.address, username=broker.username, protocol="3.1.1"),
        historian=HistorianSettings(path=folder / "city.duckdb"),
        state_dir=folder,
        language="id",
        thresholds=THRESHOLDS,
        windows=WINDOWS,
        grace=2_000,
        idle_close=20_000,
        http=HttpSettings(listen=f"127.0.0.1:{port}", title="Surabaya"),
        limits=LimitSettings(rate=PAST_RATE, gateway_rate=PAST_RATE),
    )


async def _demo(seconds: float | None, port: int, folder: Path) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    begin = wall_clock() + PREPARES
    city = demo_city(begin)
    clock = CityClock(begin, begin)
    past = asyncio.create_task(asyncio.to_thread(demo_past, city, begin))
    async with DemoBroker() as broker:
        service = Service(_settings(broker, port, folder), tuple(city.catalogue()))

        def publisher(past: Step) -> Publisher:
            return Publisher(chain([past], demo_steps(city, begin)), clock, Broker.parse(broker.url))

        await _run(service, past, publisher, broker, stop, seconds)


async def _run(
    service: Service,
    past: asyncio.Task[Step],
    publish: Callable[[Step], Publisher],
    broker: DemoBroker,
    stop: asyncio.Event,
    seconds: float | None,
) -> None:
    console = Console()

    def look() -> LiveTable:
        return LiveTable(lambda: demo_status(service, broker), console)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(service.run(), name="service")
        await service.started.wait()
        console.print(f"Page: {service.http.address}   (Ctrl-C stops)")
        publisher = publish(await past)
        sending = group.create_task(publisher.run(), name="city")
        looking = group.create_task(look().run(stop), name="live table")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
        stop.set()
        await looking
        publisher.stop()
        await sending
        service.stop()
        await running
    _summarise(service, console)


def _summarise(service: Service, console: Console) -> None:
    """What came of it, a line a domain, after everything has been drained."""
    told = service.last_status
    took = time.monotonic() - service.began
    console.print(f"\nRan {took:.0f} s; stopped cleanly.")
    for domain in DOMAINS:
        numbers = told["domains"][domain]
        console.print(
            f"  {domain:9} {numbers['stored_total']:7,} readings stored, {numbers['windows_total']:6,} windows, "
            f"{numbers['anomalies_total']:4,} anomalies"
        )
    for name, sink in told["sinks"].items():
        console.print(f"  {name}: {sink['delivered']:,} readings delivered, {sink['pending']:,} pending")
