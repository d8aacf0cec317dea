"""`./nadi alert test`: a message marked as a test, to see that it arrives."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from config.settings import AlertSettings, Settings
from telemetry.errors import NadiError

app = typer.Typer(help="Channels that tell people of incidents.", no_args_is_help=True)


@app.callback()
def alert() -> None:
    """So that `test` stays a word of its own."""


@app.command("test")
def send_test(
    config: Annotated[Path | None, typer.Option("--config", "-c", help="settings; without: NADI_… only")] = None,
    channel: Annotated[str | None, typer.Option(help="only this one; without: all of them")] = None,
) -> None:
    """Send a test over each channel; nothing of it is kept. Exit code 1 if one has failed."""
    from config.loader import load_settings

    settings = load_settings(config, os.environ)
    chosen = [one for one in settings.alerts if channel in (None, one.name)]
    if not chosen:
        names = ", ".join(one.name for one in settings.alerts) or "none; see docs/alerts.md"
        raise NadiError(f"the settings have no such channel under alerts; there are: {names}")
    outcomes = [asyncio.run(_tell(one, settings)) for one in chosen]
    if not all(outcomes):
        raise typer.Exit(1)


async def _tell(channel: AlertSettings, settings: Settings) -> bool:
    from sinks.alerts.table import Means, channel_of
    from sinks.base import Denied, Written

    made = channel_of(channel, Means(settings.language, settings.timezone, _publisher(settings)))
    try:
        await made.open()
        outcome = await made.send(_notice(channel, settings))
    except Exception as error:  # it is what is asked for: whether this channel works
        outcome = Denied(f"{type(error).__name__}: {error}")
    finally:
        await made.close()
    good = isinstance(outcome, Written)
    print(f"{channel.name}: {'told' if good else getattr(outcome, 'reason', 'asked to wait')}")
    return good


def _notice(channel: AlertSettings, settings: Settings) -> Any:
    from sinks.alerts.notice import Notice

    now = time.time_ns() // 1_000_000
    words = {"id": "Ini hanya uji coba; tidak ada kejadian.", "en": "This is only a test; nothing has happened."}
    return Notice(
        id=f"{channel.name}-test-{now}",
        event="test",
        time=now,
        incident=f"test-{now}",
        city=next(iter(channel.cities), "test"),
        domain="disaster",
        zone="test",
        kind="test",
        cause="",
        severity="info",
        state="unacknowledged",
        value=0.0,
        members=0,
        reason=words[settings.language],
        opened=now,
        ended=None,
    )


def _publisher(settings: Settings) -> Any:
    """A connection of its own: the running nadi's can't be borrowed."""
    from simulators.broker import Broker

    mqtt = settings.mqtt
    password = mqtt.password.get_secret_value() if mqtt.password else None
    broker = Broker.parse(mqtt.url, mqtt.username, password, mqtt.ca_file, mqtt.cert_file, mqtt.key_file)

    async def deliver(topic: str, payload: bytes, retain: bool) -> str:
        import aiomqtt

        try:
            async with aiomqtt.Client(
                broker.host,
                broker.port,
                username=broker.username,
                password=broker.password,
                tls_context=broker.tls_context(),
            ) as client:
                await client.publish(topic, payload, 1, retain)
        except aiomqtt.MqttError as error:
            return str(error)
        return ""

    return deliver
