"""The Things Stack (The Things Network) version 3: what its MQTT integration publishes.

Sources: The Things Stack documentation, "Data Formats", "MQTT Server" and "JavaScript payload formatters: Uplink";
the units of the normalised payload are those of the LoRaWAN Device Repository, lib/payload.json.

| topic | gives |
|---|---|
| `v3/{application}@{tenant}/devices/{device}/up` | the numbers in `normalized_payload`, and those of \
`decoded_payload` that it does not hold; `last_battery_percentage.value` in % |
| `…/up/normalized` | the numbers in `normalized_payload` |
| `…/location/solved` | `location.latitude` and `longitude` in deg, `location.altitude` and `accuracy` in m |
| `…/service/data` | the numbers in `data` |
| `…/join`, `…/down/…` | nothing: they hold no measurement |

| in a reading | is |
|---|---|
| sensor | `end_device_ids.device_id`, by which the topic names the device; DevEUI and application are labels |
| quantity | the keys joined by dots; places in arrays count from 0. The normalised payload is an array of \
measurements of the same quantities, so its own places are not in the name |
| unit | of the normalised payload as its schema says; none for the decoded payload |
| time | of the measurement (normalised `time`); else when a gateway received it (`settings.time`, \
`rx_metadata[].time`); else when the network server did (`uplink_message.received_at`), else the application server \
(`received_at`) |

`settings.timestamp` and `rx_metadata[].timestamp` count the microseconds of a gateway's concentrator and are no
times, nor is anything before 2000. A decoded key is left out where the normalised payload has its name:
`temperature` and `air_temperature` for `air.temperature`, `windSpeed` for `wind.speed`. An uplink without a payload
that was decoded is legal and gives nothing. `gateway` is the one that heard best.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ingest.decoders.base import MAX_READINGS, Decoded, Message
from ingest.decoders.documents import bounded, kind
from ingest.decoders.leaves import UNITLESS, Units, past, read_as, take_leaves, take_number, unreadable

TOPICS: Final = ("v3/+/devices/+/up", "v3/+/devices/+/location/solved", "v3/+/devices/+/service/data")
_CACHED, _CACHED_BYTES = 8_000_000, 2_000
"""Bytes of the devices' identifiers that are kept, and of the longest that is."""

_NORMALIZED: Final = {
    "battery": "V",
    "soil.depth": "cm",
    "soil.moisture": "%",
    "soil.temperature": "degC",
    "soil.ec": "dS/m",
    "soil.pH": "pH",
    "soil.n": "ppm",
    "soil.p": "ppm",
    "soil.k": "ppm",
    "air.temperature": "degC",
    "air.relativeHumidity": "%",
    "air.pressure": "hPa",
    "air.co2": "ppm",
    "air.lightIntensity": "lx",
    "wind.speed": "m/s",
    "wind.direction": "deg",
    "rain.intensity": "mm/h",
    "rain.cumulative": "mm",
    "water.temperature.min": "degC",
    "water.temperature.max": "degC",
    "water.temperature.avg": "degC",
    "water.temperature.current": "degC",
    "metering.water.total": "L",
    "action.motion.count": "1",
    "position.latitude": "deg",
    "position.longitude": "deg",
}
_normalized = Units(_NORMALIZED.get)
_places = Units(
    {"location.latitude": "deg", "location.longitude": "deg", "location.altitude": "m", "location.accuracy": "m"}.get
)


class GatewayIds(msgspec.Struct, gc=False):
    gateway_id: str | None = None
    eui: str | None = None


class RxMetadata(msgspec.Struct, gc=False):
    """How one gateway's antenna heard an uplink."""

    gateway_ids: GatewayIds | None = None
    time: str | None = None
    rssi: float | None = None
    snr: float | None = None


class Settings(msgspec.Struct, gc=False):
    time: str | None = None


class Battery(msgspec.Struct, gc=False):
    value: float | None = None
    received_at: str | None = None


class Uplink(msgspec.Struct):
    decoded_payload: Any = None
    normalized_payload: Any = None
    rx_metadata: list[RxMetadata] | None = None
    settings: Settings | None = None
    received_at: str | None = None
    battery: Battery | None = msgspec.field(default=None, name="last_battery_percentage")


class Solved(msgspec.Struct):
    location: Any = None


class ServiceData(msgspec.Struct):
    data: Any = None


class Up(msgspec.Struct):
    """Any message that the integration publishes."""

    device: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw, name="end_device_ids")
    received_at: str | None = None
    uplink: Uplink | None = msgspec.field(default=None, name="uplink_message")
    normalized: Uplink | None = msgspec.field(default=None, name="uplink_normalized")
    solved: Solved | None = msgspec.field(default=None, name="location_solved")
    service: ServiceData | None = msgspec.field(default=None, name="service_data")


class ApplicationIds(msgspec.Struct):
    application_id: str = ""


class DeviceIds(msgspec.Struct):
    device_id: str = ""
    application_ids: ApplicationIds | None = None
    dev_eui: str = ""


_up = msgspec.json.Decoder(Up)
_ids = msgspec.json.Decoder(DeviceIds)


class Tts:
    def __init__(self) -> None:
        self._devices: dict[bytes, tuple[str, dict[str, str]]] = {}
        self._held = 0

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        up = read_as(message.payload, _up, decoded)
        if up is None:
            return bounded(decoded)
        uplink = up.uplink or up.normalized
        if uplink is None and up.solved is None and up.service is None:
            return bounded(decoded)
        sensor = self._identify(bytes(up.device), message.topic, decoded)
        if sensor is None:
            return bounded(decoded)
        if uplink is not None:
            _take_uplink(uplink, sensor, up.received_at, decoded)
        elif up.solved is not None and type(up.solved.location) is dict:
            take_leaves(decoded, sensor, up.solved.location, _places, past(up.received_at), "location.")
        elif up.service is not None:
            take_leaves(decoded, sensor, up.service.data, UNITLESS, past(up.received_at))
        return bounded(decoded)

    def _identify(self, ids: bytes, topic: str, decoded: Decoded) -> str | None:
        known = self._devices.get(ids)
        if known is None:
            try:
                device = _ids.decode(ids) if ids else DeviceIds()
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                decoded.refuse("schema", f"end_device_ids: {str(error)[:200]}")
                return None
            known = _known(device)
            if ids and len(ids) <= _CACHED_BYTES:
                self._held += len(ids)
                if self._held > _CACHED:
                    self._devices.clear()
                    self._held = len(ids)
                self._devices[ids] = known
        sensor, decoded.labels = known
        if sensor:
            return sensor
        levels = topic.split("/")
        if len(levels) > 3 and levels[2] == "devices" and levels[3]:
            return levels[3]
        decoded.refuse("schema", "no device: expected end_device_ids.device_id, or a topic that has it")
        return None


def _known(device: DeviceIds) -> tuple[str, dict[str, str]]:
    application = device.application_ids.application_id if device.application_ids else ""
    labels = {"application": application, "dev_eui": device.dev_eui}
    return device.device_id or device.dev_eui, {label: text for label, text in labels.items() if text}


def _take_uplink(uplink: Uplink, sensor: str, received: str | None, decoded: Decoded) -> None:
    heard = _best(uplink.rx_metadata) if uplink.rx_metadata else None
    if heard is not None and heard.gateway_ids is not None:
        decoded.gateway = heard.gateway_ids.gateway_id or heard.gateway_ids.eui
    time = past(uplink.settings.time) if uplink.settings else None
    if time is None and heard is not None and uplink.rx_metadata:
        time = next((at for info in (heard, *uplink.rx_metadata) if (at := past(info.time)) is not None), None)
    if time is None:
        time = past(uplink.received_at) or past(received)
    if time is None and unreadable("received_at", uplink.received_at or received, decoded):
        return
    normalized = _take_normalized(uplink.normalized_payload, sensor, time, decoded)
    payload = uplink.decoded_payload
    if type(payload) is dict or type(payload) is list:
        if normalized:
            _take_rest(payload, normalized, sensor, time, decoded)
        else:
            take_leaves(decoded, sensor, payload, UNITLESS, time)
    elif payload is not None:
        decoded.refuse("schema", f"decoded_payload: expected an object, got {kind(payload)}")
    if uplink.battery is not None:
        at = past(uplink.battery.received_at) or time
        take_number(decoded, sensor, "last_battery_percentage.value", uplink.battery.value, "%", at)


def _take_normalized(payload: object, sensor: str, time: int | None, decoded: Decoded) -> set[str]:
    """The measurements, and the names that they have taken."""
    if payload is None:
        return set()
    before = len(decoded.readings)
    for index, measurement in enumerate(payload if type(payload) is list else [payload]):
        if type(measurement) is not dict:
            decoded.refuse("schema", f"normalized_payload.{index}: expected an object, got {kind(measurement)}")
            continue
        own = past(measurement.get("time"))
        if own is None and unreadable(f"normalized_payload.{index}.time", measurement.get("time"), decoded):
            continue
        take_leaves(decoded, sensor, measurement, _normalized, time if own is None else own)
    if len(decoded.readings) > MAX_READINGS:
        return set()
    names = {name for _, name, _, _, _ in decoded.readings[before:]}
    return {bare for name in names for bare in (_bare(name), _bare(name.rpartition(".")[2]))}


def _take_rest(payload: object, taken: set[str], sensor: str, time: int | None, decoded: Decoded) -> None:
    rest = Decoded(refused=decoded.refused)
    take_leaves(rest, sensor, payload, UNITLESS, time)
    decoded.readings += [reading for reading in rest.readings if _bare(reading[1]) not in taken]


def _bare(name: str) -> str:
    """A name as it compares: windSpeed, wind_speed and wind.speed are one."""
    return name.replace(".", "").replace("_", "").replace("-", "").replace(" ", "").lower()


def _best(metadata: list[RxMetadata]) -> RxMetadata:
    """The gateway that heard best."""
    if len(metadata) == 1:
        return metadata[0]
    return max(metadata, key=lambda info: (info.snr or 0.0, info.rssi if info.rssi is not None else -1e9))


def looks_like(message: Message) -> bool:
    topic = message.topic
    if topic.startswith("v3/") and "/devices/" in topic:
        return True
    return message.payload[:1] == b"{" and b'"end_device_ids"' in message.payload[:1000]
