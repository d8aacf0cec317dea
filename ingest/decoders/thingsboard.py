"""ThingsBoard's MQTT device API and gateway API, as its devices and gateways send telemetry.

Source: ThingsBoard documentation, "MQTT Device API" and "MQTT Gateway API", telemetry upload.

| topic | payload |
|---|---|
| `v1/devices/me/telemetry`, `v2/t`, `v2/t/j` | `{key: value}`, `{"ts": ms, "values": {…}}`, or an array of either |
| `v1/gateway/telemetry` | `{"Device A": [the same objects], "Device B": …}` |
| `v1/gateway/connect`, `v1/gateway/disconnect` | `{"device": "Device A"}`: the device behind the gateway came or went |

In a reading

- sensor is the gateway's name of the device; for a device of its own the third level of the topic, `me`.
- quantity is the key; keys of a JSON value are joined by dots.
- unit is none: the format has none.
- time is `ts`, milliseconds since 1970; where it is missing that of arrival, as in ThingsBoard itself.

ThingsBoard knows a device by its access token, which a broker does not pass on: where devices share a broker,
let each publish to `v1/devices/NAME/telemetry`, or through a gateway. Skipped are texts (also those of digits),
booleans and null; attributes, RPC, claiming and firmware, which are legal and hold no telemetry.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.documents import bounded, kind, read, records, shown, take
from ingest.decoders.recent import Remembered

TOPICS: Final = (
    *("v1/devices/+/telemetry", "v1/gateway/telemetry", "v1/gateway/connect", "v1/gateway/disconnect"),
    *("v2/t", "v2/t/j"),
)
GATEWAY: Final = "gateway"
"""The topics name no gateway but this."""
_MAX_MS: Final = 10**15


class _Address(NamedTuple):
    what: str
    """telemetry, connect and disconnect of a gateway; device; either, where the topic is not ThingsBoard's; other."""
    device: str = GATEWAY


def _address(topic: str) -> _Address:
    levels = topic.strip("/").split("/")
    if levels[:2] == ["v1", "gateway"]:
        return _Address(levels[2] if len(levels) == 3 else "other")
    if levels[:2] == ["v1", "devices"]:
        return _Address("device" if levels[3:] in ([], ["telemetry"]) else "other", levels[2] if levels[2:] else "me")
    if levels[0] == "v2":
        return _Address("device" if levels[1:2] == ["t"] else "other", "me")
    return _Address("either", "me")


_addresses: Final = Remembered(_address)


class Thingsboard:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        what, device = _addresses[message.topic]
        if what in ("device", "either", "telemetry"):
            document = read(message.payload, decoded)
            if what == "telemetry" or (what == "either" and _is_of_gateway(document)):
                decoded.gateway = GATEWAY
                self._gateway(document, decoded)
            elif document is not None:
                _telemetry(document, device, decoded)
        elif what in ("connect", "disconnect"):
            decoded.gateway = GATEWAY
            self._presence(message, what == "connect", decoded)
        return bounded(decoded)

    def _gateway(self, document: Any, decoded: Decoded) -> None:
        if type(document) is dict:
            for device, telemetry in document.items():
                _telemetry(telemetry, device, decoded)
        elif document is not None:
            decoded.refuse("schema", f"expected an object of devices and their telemetry, got {kind(document)}")

    def _presence(self, message: Message, online: bool, decoded: Decoded) -> None:
        document = read(message.payload, decoded)
        device = document.get("device") if type(document) is dict else None
        if type(device) is str:
            decoded.presence.append(Presence(GATEWAY, online, device))
        elif document is not None:
            decoded.refuse("schema", 'expected {"device": name of the device}')


def _is_of_gateway(document: Any) -> bool:
    """Whether each key is a device's name, with records of which the first says so."""
    return (
        type(document) is dict
        and bool(document)
        and all(type(one) is list and one and type(one[0]) is dict and "values" in one[0] for one in document.values())
    )


def _telemetry(document: Any, sensor: str, decoded: Decoded) -> None:
    for index, record in enumerate(records(document, decoded)):
        _record(record, sensor, index, decoded)


def _record(record: Any, sensor: str, index: int, decoded: Decoded) -> None:
    where = shown(sensor)
    if type(record) is not dict:
        decoded.refuse("schema", f"{where}, record {index}: expected an object of keys and values, got {kind(record)}")
        return
    moment = None
    values = record.get("values")
    if type(values) is dict:
        moment = record.get("ts")
        if moment is not None and not (type(moment) is int and abs(moment) < _MAX_MS):
            expected = "expected whole milliseconds since 1970"
            decoded.refuse("time", f"{where}, record {index}: ts: {expected}, got {kind(moment)}")
            return
    else:
        values = record
    for key, value in values.items():
        if type(value) is not str:
            take(decoded, sensor, key, value, None, moment)


def looks_like(message: Message) -> bool:
    topic = message.topic
    return topic.startswith(("v1/devices/", "v1/gateway/")) or topic in ("v2/t", "v2/t/j")
