"""The options of `nadi load`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import typer

from pipeline.commands.options import LOCAL, CaFile, CertFile, KeyFile, PasswordFile, Url, Username, broker_of
from telemetry.errors import SettingsError


class Version(StrEnum):
    v3 = "3.1.1"
    v5 = "5"


def load(
    broker: Url = LOCAL,
    rate: Annotated[str, typer.Option(help="messages/s in all, or `max`: as fast as the broker takes them")] = "1000",
    devices: Annotated[int, typer.Option(help="of all four domains, in turn")] = 10_000,
    seconds: Annotated[float | None, typer.Option(help="how long; 10 unless --messages is given")] = None,
    messages: Annotated[int | None, typer.Option(help="end after so many instead")] = None,
    qos: Annotated[int, typer.Option(min=0, max=1)] = 1,
    pack: Annotated[int, typer.Option(help="readings a message, as an array")] = 1,
    values: Annotated[int, typer.Option(help="quantities a reading")] = 1,
    protocol: Annotated[Version, typer.Option(help="of MQTT")] = Version.v5,
    connections: Annotated[int, typer.Option(help="that share the devices")] = 1,
    window: Annotated[int, typer.Option(help="QoS 1 messages in flight on each, if the broker allows it")] = 10_000,
    gateways: Annotated[int, typer.Option(help="that number their messages (`gw`, `seq`); 0: none")] = 0,
    first_seq: Annotated[int, typer.Option(help="of each gateway")] = 1,
    city: str = "3578",
    start: Annotated[
        str | None,
        typer.Option(help="event time of the first readings: RFC 3339, or back from now like -7d; without: now"),
    ] = None,
    interval: Annotated[str, typer.Option(help="with --start: event time between a device's readings")] = "10s",
    username: Username = None,
    password_file: PasswordFile = None,
    ca_file: CaFile = None,
    cert_file: CertFile = None,
    key_file: KeyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="the last line as JSON")] = False,
) -> None:
    """Publish readings at a rate and count the acknowledgements; exit code 1 if any is missing."""
    import time

    from simulators.load import main as start_load
    from simulators.plan import LoadPlan
    from simulators.timeline import parse_start

    qos_: Literal[0, 1] = 1 if qos else 0
    plan = LoadPlan(
        broker=broker_of(broker, username, password_file, ca_file, cert_file, key_file),
        rate=_rate(rate),
        devices=devices,
        seconds=10 if seconds is None and messages is None else seconds,
        messages=messages,
        qos=qos_,
        pack=pack,
        values=values,
        protocol=protocol.value,
        connections=connections,
        window=window,
        gateways=gateways,
        first_seq=first_seq,
        city=city,
        start=parse_start(start, time.time_ns() // 1_000_000) if start else None,
        interval=_interval(interval),
    )
    raise typer.Exit(start_load(plan, output="json" if as_json else "text"))


def _rate(text: str) -> float | None:
    if text == "max":
        return None
    try:
        return float(text)
    except ValueError:
        raise SettingsError(f"--rate {text!r}: a number of messages/s, or `max`") from None


def _interval(text: str) -> int:
    from config.settings import parse_duration

    try:
        return int(parse_duration(text))
    except ValueError as error:
        raise SettingsError(f"--interval: {error}") from None
