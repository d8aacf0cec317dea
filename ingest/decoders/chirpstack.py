"""ChirpStack's JSON events over MQTT, version 4; version 3's are read too, in both of its spellings.

Sources: chirpstack.io, "Event types" and "MQTT"; integration.proto and gw.proto of ChirpStack 4; for version 3
"Event types" of the ChirpStack Application Server. JSON is Protocol Buffers' mapping: what is zero may be missing,
and version 3 writes bytes (devEUI, gatewayID) in base64. Its older spelling ("JSON v3") writes them in hexadecimal.

| topic | gives |
|---|---|
| `application/{id}/device/{devEui}/event/up` (v3 of old: `…/rx`) | the numbers in `object` (v3: `objectJSON`) |
| `…/event/status` | `margin` in dB; `batteryLevel` in % unless powered from outside or unknown |
| `…/event/location` | `location.latitude`, `location.longitude` in deg, `location.altitude` in m |
| `…/event/integration` | the numbers in `object` |
| `…/event/join`, `ack`, `txack`, `log`, `error`, `…/command/down` | nothing: they hold no measurement |

| in a reading | is |
|---|---|
| sensor | the DevEUI, in hexadecimal: it alone is unique, and the topic names the device so. Names are labels |
| quantity | the keys of the decoded object, joined by dots; places in arrays count from 0 |
| unit | none for the decoded object: a codec has no place for units |
| time | `time`; else that of the gateway that heard best (`gwTime`), of another, of the network server (`nsTime`), \
v3 `rxInfo[].time` and `publishedAt`. 0001-01-01 and others before 2000 are no times |

An uplink without `object` (no codec, or one that failed) is legal and gives nothing. RSSI and SNR are of a
gateway's reception, one for each that heard the device, and no measurement: they choose `gateway`, the one that
heard best. ChirpStack has removed duplicates by gateways itself (`deduplicationId`); what a broker delivers twice
has the same times, and so counts once.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

import msgspec

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import bounded, kind, read
from ingest.decoders.leaves import UNITLESS, Units, past, read_as, take_leaves, take_number

TOPICS: Final = ("application/+/device/+/event/+",)
_SILENT: Final = frozenset(("join", "ack", "txack", "log", "error", "down", "tx"))
_PLACE: Final = {"location.latitude": "deg", "location.longitude": "deg", "location.altitude": "m"}
_CACHED, _CACHED_BYTES = 20_000, 2_000
"""Devices whose description is kept, and the longest that is."""


class RxInfo(msgspec.Struct, gc=False):
    """How one gateway heard an uplink."""

    gateway: str | None = msgspec.field(default=None, name="gatewayId")
    gateway_v3: str | None = msgspec.field(default=None, name="gatewayID")
    rssi: float | None = 0.0
    snr: float | None = 0.0
    snr_v3: float | None = msgspec.field(default=0.0, name="loRaSNR")
    gateway_time: str | None = msgspec.field(default=None, name="gwTime")
    server_time: str | None = msgspec.field(default=None, name="nsTime")
    time: str | None = None


class Event(msgspec.Struct):
    """What nadi reads of any event."""

    time: str | None = None
    device: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw, name="deviceInfo")
    object: Any = None
    rx: list[RxInfo] | None = msgspec.field(default=None, name="rxInfo")
    margin: float | None = None
    level: float | None = msgspec.field(default=None, name="batteryLevel")
    battery: float | None = None
    external: bool | None = msgspec.field(default=None, name="externalPowerSource")
    unknown: bool | None = msgspec.field(default=None, name="batteryLevelUnavailable")
    location: Any = None
    eui_v3: str | None = msgspec.field(default=None, name="devEUI")
    name_v3: str | None = msgspec.field(default=None, name="deviceName")
    application_v3: str | None = msgspec.field(default=None, name="applicationName")
    object_v3: str | None = msgspec.field(default=None, name="objectJSON")
    published: str | None = msgspec.field(default=None, name="publishedAt")
    tags: dict[str, str] | None = None


class Device(msgspec.Struct, rename="camel"):
    dev_eui: str = ""
    device_name: str = ""
    application_name: str = ""
    application_id: str = ""
    device_profile_name: str = ""
    tenant_name: str = ""
    tags: dict[str, str] | None = None


_event = msgspec.json.Decoder(Event)
_device = msgspec.json.Decoder(Device)


class Chirpstack:
    def __init__(self) -> None:
        self._devices: dict[bytes, tuple[str, dict[str, str]]] = {}

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        event = read_as(message.payload, _event, decoded)
        topic = message.topic
        what = topic[topic.rfind("/") + 1 :]
        if event is None or what in _SILENT:
            return decoded
        heard = _best(event.rx) if event.rx else None
        if heard is not None:
            decoded.gateway = heard.gateway or _hexadecimal(heard.gateway_v3)
        sensor = self._identify(event, topic, decoded)
        if sensor:
            time = past(event.time) or _fallback(event, heard)
            _measurements(event, sensor, time, decoded)
            if what == "status" or event.margin is not None:
                _status(event, sensor, time, decoded)
        return bounded(decoded)

    def _identify(self, event: Event, topic: str, decoded: Decoded) -> str | None:
        """The device's EUI; and its labels."""
        described = bytes(event.device)
        if described:
            known = self._devices.get(described) or self._learn(described, decoded)
            if known is None:
                return None
            sensor, decoded.labels = known
        else:
            sensor = _hexadecimal(event.eui_v3) or ""
            decoded.labels = _labels(event.name_v3, event.application_v3, None, None, event.tags)
        if not sensor:
            levels = topic.split("/")
            sensor = levels[3] if len(levels) > 3 and levels[2] == "device" else ""
        if not sensor:
            decoded.refuse("schema", "no device: expected deviceInfo.devEui, devEUI (version 3) or a topic with it")
        return sensor

    def _learn(self, described: bytes, decoded: Decoded) -> tuple[str, dict[str, str]] | None:
        try:
            device = _device.decode(described)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            decoded.refuse("schema", f"deviceInfo: {str(error)[:200]}")
            return None
        labels = _labels(
            device.device_name,
            device.application_name or device.application_id,
            device.device_profile_name,
            device.tenant_name,
            device.tags,
        )
        if len(described) <= _CACHED_BYTES:
            if len(self._devices) >= _CACHED:
                self._devices.clear()
            self._devices[described] = device.dev_eui, labels
        return device.dev_eui, labels


def _labels(
    name: str | None, application: str | None, profile: str | None, tenant: str | None, tags: dict[str, str] | None
) -> dict[str, str]:
    named = {"name": name, "application": application, "profile": profile, "tenant": tenant}
    labels = {label: text for label, text in named.items() if text}
    labels.update((f"tag.{key}", text) for key, text in (tags or {}).items())
    return labels


def _hexadecimal(eui: str | None) -> str | None:
    """An EUI-64 in hexadecimal: version 3 writes it so, or as base64 of its eight bytes."""
    if eui and len(eui) == 12 and eui[-1] == "=":
        try:
            return base64.b64decode(eui, validate=True).hex()
        except binascii.Error:
            return eui
    return eui


def _best(rx: list[RxInfo]) -> RxInfo:
    """The gateway that heard best."""
    if len(rx) == 1:
        return rx[0]
    return max(rx, key=lambda info: (info.snr or info.snr_v3 or 0.0, info.rssi or 0.0))


def _fallback(event: Event, heard: RxInfo | None) -> int | None:
    """The time of an event that does not say its own."""
    if heard is not None and event.rx:
        for info in (heard, *event.rx):
            if time := past(info.gateway_time) or past(info.time):
                return time
        for info in (heard, *event.rx):
            if time := past(info.server_time):
                return time
    return past(event.published)


def _measurements(event: Event, sensor: str, time: int | None, decoded: Decoded) -> None:
    measured = event.object
    if measured is None and event.object_v3:
        measured = read(event.object_v3.encode(), decoded)
    if type(measured) is dict or type(measured) is list:
        take_leaves(decoded, sensor, measured, UNITLESS, time)
    elif measured is not None:
        decoded.refuse("schema", f"object: expected an object, got {kind(measured)}")
    if type(event.location) is dict:
        place = {key: event.location.get(key) for key in ("latitude", "longitude", "altitude")}
        take_leaves(decoded, sensor, place, _PLACES, time, "location.")


_PLACES: Final = Units(_PLACE.get)


def _status(event: Event, sensor: str, time: int | None, decoded: Decoded) -> None:
    take_number(decoded, sensor, "margin", event.margin or 0.0, "dB", time)
    if event.external or event.unknown:
        return
    if event.level is not None:
        take_number(decoded, sensor, "batteryLevel", event.level, "%", time)
    elif event.battery not in (None, 0.0, 255.0):
        # LoRaWAN's DevStatusAns as it came: 1 is empty, 254 full, 0 external power, 255 unknown.
        take_number(decoded, sensor, "battery", event.battery, None, time)


def looks_like(message: Message) -> bool:
    levels = message.topic.split("/")
    if len(levels) > 4 and levels[-6:-5] + levels[-4:-3] + levels[-2:-1] == ["application", "device", "event"]:
        return True
    start = message.payload[:4000]
    return start[:1] == b"{" and (b'"deviceInfo"' in start or (b'"devEUI"' in start and b'"applicationID"' in start))
