"""`./nadi record` and `./nadi replay`: real traffic kept in a file, and published again."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.commands.options import LOCAL, CaFile, CertFile, KeyFile, PasswordFile, Url, Username, broker_of
from telemetry.errors import SettingsError

if TYPE_CHECKING:
    from config.settings import MqttSettings
    from pipeline.offline.recorder import Recorder
    from simulators.broker import Broker
    from simulators.recording import Writer
    from simulators.replaying import Replay

_SHOWN = 0.5
"""Seconds between looks of the progress line."""


def record(
    out: Annotated[Path, typer.Argument(metavar="OUT.ndr.gz", help="the new file, packed with gzip")],
    topics: Annotated[list[str], typer.Option(help="topic filter; may be given again")] = ["nadi/v1/#"],  # noqa: B006
    broker: Url = LOCAL,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="end after this time")] = None,
    messages: Annotated[int | None, typer.Option(min=1, help="end after so many")] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Record what a broker passes on (MQTT 5); Ctrl-C ends it. Exit code 1 if a part is missing."""
    from pipeline.offline.recorder import Recorder
    from simulators.recording import Writer

    if out.suffix != ".gz":
        raise SettingsError(f"{out}: recordings are packed with gzip; call it {out.with_suffix('.ndr.gz').name}, say")
    _matcher(topics)
    address = broker_of(broker, username, password_file, ca_file, cert_file, key_file)
    settings = _mqtt(address, topics)

    async def work() -> int:
        with Writer(out, time.time_ns() // 1_000_000, topics) as writer:
            recorder = Recorder(settings, writer, messages)
            await _until_stopped(recorder.run(), recorder.stop, seconds, lambda: _recording(recorder))
        print(_recorded(recorder))
        return 1 if recorder.losses else 0

    raise typer.Exit(asyncio.run(work()))


def replay(
    file: Annotated[Path, typer.Argument(help="made by `nadi record`")],
    broker: Url = LOCAL,
    speed: Annotated[str, typer.Option(help="times the original pace; 0 or max: as fast as the broker takes it")] = "1",
    shift_to_now: Annotated[
        bool, typer.Option("--shift-to-now", help="move the readings' `ts` by one offset, so that they are of now")
    ] = False,
    topics: Annotated[list[str] | None, typer.Option(help="only these (topic filter; may be given again)")] = None,
    username: Username = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
) -> None:
    """Publish a recording again. Exit code 1 if a message is not acknowledged, or the file is damaged."""
    from simulators.replaying import Replay

    address = broker_of(broker, username, password_file, ca_file, cert_file, key_file)
    wanted = _matcher(topics) if topics else None
    again = Replay(file, address, _speed(speed), wanted, shift_to_now=shift_to_now)

    async def work() -> int:
        await _until_stopped(again.run(), again.stop, None, lambda: _replaying(again))
        print(_replayed(again))
        return 1 if again.waiting or again.counts.lost else 0

    raise typer.Exit(asyncio.run(work()))


def _matcher(topics: list[str]) -> re.Pattern[str]:
    from simulators.recording import matcher

    try:
        return matcher(topics)
    except ValueError as error:
        raise SettingsError(f"--topics: {error}") from None


def _speed(text: str) -> float | None:
    if text in ("0", "max"):
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 < speed <= 1e6:
        raise SettingsError(f"--speed {text!r}: a number above 0, or 0 or `max`: as fast as the broker takes it")
    return speed


def _mqtt(broker: Broker, topics: list[str]) -> MqttSettings:
    from pydantic import SecretStr

    from config.settings import MqttSettings

    return MqttSettings(
        url=str(broker),
        topics=tuple(topics),
        session_expiry=1_000,
        username=broker.username,
        password=SecretStr(broker.password) if broker.password else None,
        ca_file=broker.ca_file,
        cert_file=broker.cert_file,
        key_file=broker.key_file,
    )


async def _until_stopped(
    work: Coroutine[Any, Any, None], stop: Callable[[], None], seconds: float | None, line: Callable[[], str]
) -> None:
    """Do `work`, showing `line()`; `stop` it at Ctrl-C, SIGTERM, or after `seconds`."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    timer = loop.call_later(seconds, stop) if seconds is not None else None
    showing = asyncio.create_task(_show(line))
    try:
        await work
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        if timer is not None:
            timer.cancel()


async def _show(line: Callable[[], str]) -> None:
    """Nothing where standard error is no terminal."""
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if not console.is_terminal:
        return
    with Live(console=console, auto_refresh=False, transient=True) as live:
        while True:
            live.update(line(), refresh=True)
            await asyncio.sleep(_SHOWN)


def _recording(recorder: Recorder[Writer]) -> str:
    state = recorder.trouble or ("recording" if recorder.listening.is_set() else "connecting")
    return f"{recorder.writer.messages:,} messages, {recorder.writer.bytes / 1e6:,.1f} MB before packing  |  {state}"


def _recorded(recorder: Recorder[Writer]) -> str:
    writer = recorder.writer
    line = f"recorded {writer.messages:,} messages, {writer.path.stat().st_size / 1e6:,.2f} MB, in {writer.path}"
    if recorder.losses:
        line += f"; the connection broke {recorder.losses} times, and what was published meanwhile is missing"
    return line


def _replaying(again: Replay) -> str:
    state = again.counts.trouble or f"{again.waiting:,} waiting"
    return f"{again.counts.messages:,} of {again.extent.messages:,} messages  |  {state}"


def _replayed(again: Replay) -> str:
    line = f"replayed {again.counts.messages:,} of {again.extent.messages:,} messages"
    if again.shift is not None:
        line += f", times moved by {again.shift:,} s"
    if again.waiting:
        line += f"; {again.waiting:,} not acknowledged"
    return line + (f"; {again.cut}" if again.cut else "")
