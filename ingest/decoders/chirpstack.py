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
from ingest.decoders.leaves import UNITLESS, Units, past, read_as, take_leaves, take_number, unreadable

TOPICS: Final = ("application/+/device/+/event/+",)
_SILENT: Final = frozenset(("join", "ack", "txack", "log", "error", "down", "tx"))
_CACHED, _CACHED_BYTES = 8_000_000, 2_000
"""Bytes of the devices' descriptions that are kept, and of the longest that is."""


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
    name_v3: Any = msgspec.field(default=None, name="deviceName")
    application_v3: Any = msgspec.field(default=None, name="applicationName")
    object_v3: str | None = msgspec.field(default=None, name="objectJSON")
    published: str | None = msgspec.field(default=None, name="publishedAt")
    tags: Any = None


class Device(msgspec.Struct, rename="camel"):
    """deviceInfo. The names are anybody's texts; what else is written there must not cost the readings."""

    dev_eui: str = ""
    device_name: Any = None
    application_name: Any = None
    application_id: Any = None
    device_profile_name: Any = None
    tenant_name: Any = None
    tags: Any = None


_event = msgspec.json.Decoder(Event)
_device = msgspec.json.Decoder(Device)


class Chirpstack:
    def __init__(self) -> None:
        self._devices: dict[bytes, tuple[str, dict[str, str]]] = {}
        self._held = 0

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        event = read_as(message.payload, _event, decoded)
        topic = message.topic
        what = topic[topic.rfind("/") + 1 :]
        if event is None or what in _SILENT:
            return bounded(decoded)
        heard = None
        if event.rx:
            heard = event.rx[0] if len(event.rx) == 1 else _best(event.rx)
            decoded.gateway = heard.gateway or _hexadecimal(heard.gateway_v3)
        known = self._devices.get(bytes(event.device)) or self._identify(event, topic, decoded)
        if known is None:
            return bounded(decoded)
        sensor, decoded.labels = known
        time = past(event.time) or _fallback(event, heard)
        if time is None and unreadable("time", event.time, decoded):
            return bounded(decoded)
        if type(event.object) is dict:
            take_leaves(decoded, sensor, event.object, UNITLESS, time)
        elif what != "up" or event.object is not None or event.object_v3 is not None:
            _take_others(event, what, sensor, time, decoded)
        return bounded(decoded)

    def _identify(self, event: Event, topic: str, decoded: Decoded) -> tuple[str, dict[str, str]] | None:
        """The EUI and labels of a device that is not known yet, or not described as version 4 does."""
        described = bytes(event.device)
        if described:
            known = self._learn(described, decoded)
            if known is None:
                return None
            sensor, labels = known
        else:
            sensor = _hexadecimal(event.eui_v3) or ""
            labels = _labels(event.name_v3, event.application_v3, None, None, event.tags)
        if not sensor:
            levels = topic.split("/")
            sensor = levels[3] if len(levels) > 3 and levels[2] == "device" else ""
        if not sensor:
            decoded.refuse("schema", "no device: expected deviceInfo.devEui, devEUI (version 3) or a topic with it")
            return None
        return sensor, labels

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
        if device.dev_eui and len(described) <= _CACHED_BYTES:
            self._held += len(described)
            if self._held > _CACHED:
                self._devices.clear()
                self._held = len(described)
            self._devices[described] = device.dev_eui, labels
        return device.dev_eui, labels


def _labels(name: object, application: object, profile: object, tenant: object, tags: object) -> dict[str, str]:
    labels = {"name": name, "application": application, "profile": profile, "tenant": tenant}
    if type(tags) is dict:
        labels.update((f"tag.{key}", text) for key, text in tags.items())
    return {label: text for label, text in labels.items() if type(text) is str and text}


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


def _take_others(event: Event, what: str, sensor: str, time: int | None, decoded: Decoded) -> None:
    """What is not the object of an uplink of version 4: version 3's, a location, a status."""
    measured = event.object
    if measured is None and event.object_v3 not in (None, "", "null"):
        measured = read(event.object_v3.encode(), decoded)
    if type(measured) is dict:
        take_leaves(decoded, sensor, measured, UNITLESS, time)
    elif measured is not None:
        decoded.refuse("schema", f"object: expected an object, got {kind(measured)}")
    if type(event.location) is dict:
        place = {key: event.location.get(key) for key in ("latitude", "longitude", "altitude")}
        take_leaves(decoded, sensor, place, _PLACES, time, "location.")
    if what == "status" or event.margin is not None:
        _take_status(event, sensor, time, decoded)


_PLACES: Final = Units({"location.latitude": "deg", "location.longitude": "deg", "location.altitude": "m"}.get)


def _take_status(event: Event, sensor: str, time: int | None, decoded: Decoded) -> None:
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
