"""`./nadi alert test`: a message marked as a test, to see that it arrives."""

from __future__ import annotations

import asyncio
import os
import queue
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from config.settings import AlertSettings, Settings
from telemetry.errors import NadiError

if TYPE_CHECKING:
    from simulators.broker import Broker

PATIENCE: Final = 10.0
"""s, for the broker's answer."""

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

    made = channel_of(channel, Means(settings.language, settings.timezone, settings.cities, _publisher(settings)))
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
        return await asyncio.to_thread(_publish, broker, mqtt.protocol, topic, payload, retain)

    return deliver


def _publish(broker: Broker, protocol: str, topic: str, payload: bytes, retain: bool) -> str:
    """Publish once; why it has not been taken, empty where it has. What the broker does not allow it refuses with
    MQTT 5 only; with 3.1.1 it acknowledges that, too."""
    from paho.mqtt import client as paho
    from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

    answers: queue.Queue[Any] = queue.Queue()
    version = MQTTProtocolVersion.MQTTv5 if protocol == "5" else MQTTProtocolVersion.MQTTv311
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
    client.username_pw_set(broker.username, broker.password)
    if (tls := broker.tls_context()) is not None:
        client.tls_set_context(tls)
    client.on_connect = lambda client, data, flags, reason, properties: answers.put(reason)
    client.on_publish = lambda client, data, number, reason, properties: answers.put(reason)
    try:
        client.connect(broker.host, broker.port)
        client.loop_start()
        reason = answers.get(timeout=PATIENCE)
        if not reason.is_failure:
            client.publish(topic, payload, 1, retain)
            reason = answers.get(timeout=PATIENCE)
        return str(reason) if reason.is_failure else ""
    except OSError as error:
        return str(error)
    except queue.Empty:
        return f"the broker does not answer within {PATIENCE:.0f} s"
    finally:
        client.disconnect()
        client.loop_stop()
