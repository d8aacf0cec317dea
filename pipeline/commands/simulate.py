"""`./nadi simulate`: a scenario, published to a real broker as its gateways would."""

from __future__ import annotations

import asyncio
import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.commands.options import LOCAL, CaFile, CertFile, KeyFile, PasswordFile, Url, Username, broker_of
from telemetry.errors import SettingsError

if TYPE_CHECKING:
    from pipeline.commands.progress import Progress
    from simulators.city import CityClock
    from simulators.publisher import Publisher
    from simulators.scenarios import Running
    from simulators.truth import Truth


def simulate(
    scenario: Annotated[str | None, typer.Argument(help="a file, or the name of a shipped one: see --list")] = None,
    broker: Url = LOCAL,
    speed: Annotated[
        float | None, typer.Option(min=0.001, max=100_000, help="of the city's clock; without: as the scenario says")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="without: the scenario's first")] = None,
    truth: Annotated[Path | None, typer.Option(help="write here what happens and when, as JSON lines")] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="write here the sensors, as CSV for nadi's `catalogue`")
    ] = None,
    duration: Annotated[
        str | None, typer.Option(help="of the city's clock, like 6h: end before the scenario does")
    ] = None,
    devices: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="another size of the city")] = None,
    interval: Annotated[str | None, typer.Option(help="between a device's readings, by the city's clock")] = None,
    plot: Annotated[
        Path | None, typer.Option(help="publish nothing: draw what the devices say, SVG files into this folder")
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="tell which scenarios are shipped")] = False,
    username: Username = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Publish a scenario; Ctrl-C stops it cleanly. Exit code 1 if a message was lost or not acknowledged."""
    if listed:
        _list()
        return
    if scenario is None:
        raise SettingsError("which scenario? Give a file, or a name that `nadi simulate --list` tells")
    if plot is not None:
        _draw(_open(scenario, seed, devices, interval), plot, duration)
        return
    from pipeline.commands.progress import Progress
    from simulators.city import CityClock
    from simulators.publisher import Publisher, wall_clock
    from simulators.sensors_file import write_sensors
    from simulators.truth import write_truth

    address = broker_of(broker, username, password_file, ca_file, cert_file, key_file)
    running = _open(scenario, seed, devices, interval)
    start = running.scenario.start
    speed = running.scenario.speed if speed is None else speed
    until = min(running.scenario.end, start + _span("--duration", duration) if duration else running.scenario.end)
    clock = CityClock(wall_clock(), start, speed)
    records = [_by_telemetry(record, clock) for record in running.truth() if record.start < until]
    _write("--truth", truth, lambda path: write_truth(path, records))
    _write("--catalogue", catalogue, lambda path: write_sensors(path, running.catalogue(speed)))
    steps = itertools.takewhile(lambda step: step.now <= until or until == running.scenario.end, running)
    publisher = Publisher(steps, clock, address)
    raise typer.Exit(asyncio.run(_run(publisher, Progress(publisher, running.scenario.name, records, clock, until))))


def _list() -> None:
    from rich.table import Table

    from pipeline.printing import console
    from simulators.scenarios import load_scenario, shipped_scenarios

    table = Table("scenario", "lasts", "devices", "what it is for", box=None)
    for name, path in shipped_scenarios().items():
        scenario = load_scenario(path)
        table.add_row(name, _hours(scenario.duration), f"{scenario.city.devices:,}", scenario.description)
    console().print(table)


def _draw(running: Running, folder: Path, duration: str | None) -> None:
    """A day, or `--duration`, with the most events."""
    from simulators.pictures import draw

    length = _span("--duration", duration or "1d")
    try:
        print(*draw(running, folder, length), sep="\n")
    except OSError as error:
        raise SettingsError(f"--plot {folder}: can't be written: {error.strerror}") from None


def _hours(milliseconds: int) -> str:
    hours = milliseconds / 3_600_000
    return f"{hours:g} h" if hours < 48 else f"{hours / 24:g} d"


def _open(source: str, seed: int | None, devices: int | None, interval: str | None) -> Running:
    from simulators.scenarios import find_scenario, load_scenario, open_scenario

    scenario = load_scenario(find_scenario(source))
    if devices is not None:
        scenario = scenario.model_copy(update={"city": scenario.city.model_copy(update={"devices": devices})})
    if interval is not None:
        scenario = scenario.model_copy(update={"interval": _span("--interval", interval), "intervals": {}})
    return open_scenario(scenario, seed)


def _span(option: str, text: str) -> int:
    from telemetry.durations import AmountError, parse_duration

    try:
        span = parse_duration(text)
    except AmountError as error:
        raise SettingsError(f"{option}: {error}") from None
    if span <= 0:
        raise SettingsError(f"{option} {text}: above 0")
    return span


def _by_telemetry(record: Truth, clock: CityClock) -> Truth:
    """With the times that the readings have."""
    from msgspec.structs import replace

    start, end, by = (clock.telemetry(moment) for moment in (record.start, record.end, record.by))
    return replace(record, start=start, end=end, by=by)


def _write(option: str, path: Path | None, write: Callable[[Path], None]) -> None:
    if path is not None:
        try:
            write(path)
        except OSError as error:
            raise SettingsError(f"{option} {path}: can't be written: {error.strerror}") from None


async def _run(publisher: Publisher, progress: Progress) -> int:
    """0 if all that was read has been acknowledged, else 1."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, publisher.stop)
    showing = asyncio.create_task(progress.show())
    try:
        await publisher.run()
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
    print(progress.summary())
    return 1 if publisher.waiting or publisher.counts.lost else 0
