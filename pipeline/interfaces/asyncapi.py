"""The AsyncAPI 3.0 document of the MQTT side."""

from __future__ import annotations

import re
from typing import Any

from pipeline.interfaces.topics import CHANNELS, LEVELS, Channel

ABOUT = """\
Readings come in under nadi/v1/, all that nadi says goes out under nadi-out/v1/. Times are ms since the epoch, UTC.
In levels of a feed's topic what can't stand there (+ # / $) is written as _ and two hexadecimal digits."""


def document() -> dict[str, Any]:
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "nadi",
            "version": "1",
            "description": ABOUT,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "localhost:1883",
                "protocol": "mqtt",
                "protocolVersion": "5",
                "description": "mqtt.url; MQTT 3.1.1 as well",
            }
        },
        "channels": {channel.name: _channel(channel) for channel in CHANNELS},
        "operations": {f"{channel.action}-{channel.name}": _operation(channel) for channel in CHANNELS},
    }


def _channel(channel: Channel) -> dict[str, Any]:
    made: dict[str, Any] = {
        "address": channel.address,
        "description": channel.summary,
        "parameters": {name: _level(name) for name in re.findall(r"\{(\w+)\}", channel.address)},
        "messages": {
            _message(media): {"contentType": media, "payload": schema} for media, schema in channel.payloads.items()
        },
    }
    if channel.settings is not None:
        made["description"] += f" Only with `{channel.settings}` in the settings."
    return made


def _operation(channel: Channel) -> dict[str, Any]:
    return {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.name}"},
        "summary": channel.summary,
        "messages": [{"$ref": f"#/channels/{channel.name}/messages/{_message(media)}"} for media in channel.payloads],
        "bindings": {"mqtt": {"qos": 1, "retain": channel.retained, "bindingVersion": "0.2.0"}},
    }


def _level(name: str) -> dict[str, Any]:
    description, words = LEVELS[name]
    return {"description": description} | ({"enum": words} if words else {})


def _message(media: str) -> str:
    """A name for it."""
    return media.rpartition("/")[2].replace("+", "-")
