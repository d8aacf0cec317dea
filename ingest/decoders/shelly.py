"""Shelly devices of all generations over MQTT.

Sources: shelly-api-docs.shelly.cloud: "Gen1 Device API" (MQTT Support, the devices' MQTT sections; CoIoT for the
spelling of units) and "Gen2+ Device API" (MQTT, Notifications, Switch, EM, EM1, EMData, Temperature, DevicePower…).

| topic | gives |
|---|---|
| `shellies/{id}/{…}` (Gen1) | the number, or every number of a JSON object |
| `shellies/{id}/info` (Gen1) | those of its measuring parts: meters, emeters, tmp, hum, bat, lux, adcs, ext_… |
| `{id}/status/{component}` (Gen2+) | every number of the component's status |
| `{id}/events/rpc` (Gen2+) | those of `NotifyStatus` and `NotifyFullStatus`; other notifications hold none |
| `shellies/{id}/online`, `{id}/online` | the device came (`true`) or went (`false`) |
| `…/announce`, `…/command`, `…/rpc` | nothing |

| in a reading | is |
|---|---|
| sensor | `{id}`, as in the topic (`shellyem-B929CC`, `shellyplus1pm-a8032abe54dc`) |
| quantity | Gen1: the rest of the topic, its levels joined by dots (`emeter.0.power`); Gen2+: component and keys \
(`switch:0.aenergy.total`) |
| unit | as documented: Gen1 counts `energy` in watt-minutes (`Wmin`) and `total` in Wh; Gen2+ counts in Wh, \
and `by_minute` in mWh |
| time | `ts` of a notification, `unixtime` of an info; other messages have none |

Skipped are texts (`on`, `overpower`), booleans, ids, the times among a status's keys, the components that measure
nothing (`sys`, `cloud`, `mqtt`…), and what Gen1 sends for a sensor that is not valid (999).
"""

from __future__ import annotations

from typing import Any, Final

from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.documents import bounded, kind, read, shown
from ingest.decoders.leaves import Units, as_number, take_leaves, take_number
from telemetry.time import YEAR_2000, epoch_ms

TOPICS: Final = ("shellies/#", "+/status/+", "+/events/rpc", "+/online")
_GEN1: Final = "shellies"
_ONLINE: Final = {b"true": True, b"false": False}
_SILENT: Final = frozenset(("announce", "command", "rpc"))
_NOTIFICATIONS: Final = frozenset(("NotifyStatus", "NotifyFullStatus"))
_INFO: Final = frozenset(
    (
        *("meters", "emeters", "total_power", "voltage", "adcs", "rollers", "tmp", "hum", "bat", "lux", "accel"),
        *("temperature", "temperature_f", "ext_temperature", "ext_humidity", "concentration"),
    )
)
_UNMEASURED: Final = frozenset(
    ("sys", "cloud", "mqtt", "ws", "ble", "eth", "ui", "schedule", "webhook", "knx", "matter", "modbus", "bthome")
)
_SKIPPED: Final = frozenset(("id", "ts", "minute_ts", "unixtime", "timestamp", "timer_started_at", "is_valid"))
_DEEPEST: Final = 4
_INVALID: Final = 999.0
_MAY_BE_INVALID: Final = ("ext_temperature", "ext_humidity")

_COUNTERS_GEN1: Final = {"total": "Wh", "total_returned": "Wh", "energy": "Wmin", "returned_energy": "Wmin"}
_BY_KEY: Final = {
    key: unit
    for unit, keys in {
        "W": "power apower act_power a_act_power b_act_power c_act_power total_act_power total_power "
        "overpower_value a_active_power b_active_power c_active_power",
        "VA": "aprt_power a_aprt_power b_aprt_power c_aprt_power total_aprt_power aprtpower",
        "var": "reactive_power reactive",
        "V": "voltage a_voltage b_voltage c_voltage xvoltage V adc",
        "A": "current a_current b_current c_current n_current total_current",
        "Hz": "freq a_freq b_freq c_freq",
        "Wh": "aenergy.total ret_aenergy.total total_act_energy total_act_ret_energy total_act total_act_ret "
        "a_total_act_energy a_total_act_ret_energy b_total_act_energy b_total_act_ret_energy "
        "c_total_act_energy c_total_act_ret_energy",
        "mWh": "aenergy.by_minute ret_aenergy.by_minute",
        "C": "temperature tC ext_temperature",
        "F": "temperature_f tF ext_temperature_f",
        "pct": "humidity battery rh hum hum.value percent ext_humidity bat.value current_pos brightness",
        "lux": "lux lux.value illuminance",
        "ppm": "concentration ppm",
        "deg": "tilt",
        "dBm": "rssi",
    }.items()
    for key in keys.split()
}


class Shelly:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        levels = message.topic.split("/")
        if levels[-1] == "online" and len(levels) > 1:
            _take_presence(message.payload, _device(levels[:-1]), decoded)
        elif levels[-1] == "rpc" and levels[-2:-1] == ["events"]:
            _take_notification(message.payload, _device(levels[:-2]), decoded)
        elif levels[-2:-1] == ["status"] and not _is_gen1_status(levels):
            _take_status(message.payload, _device(levels[:-2]), levels[-1], decoded)
        elif levels[0] == _GEN1 and len(levels) > 2:
            if levels[-1] not in _SILENT:
                _take_gen1(message.payload, levels[1], levels[2:], decoded)
        elif levels[-1] not in _SILENT:
            _take_notification(message.payload, None, decoded)
        return bounded(decoded)


def _device(levels: list[str]) -> str:
    """The device that a topic's first levels name: `shellies/{id}` of Gen1, else the prefix."""
    return "/".join(levels[1:] if levels[0] == _GEN1 and len(levels) > 1 else levels)


def _is_gen1_status(levels: list[str]) -> bool:
    """`shellies/{id}/color/0/status` is of Gen1, `shellies/{id}/status/switch:0` of a Gen2 with such a prefix."""
    return levels[0] == _GEN1 and len(levels) != 4


def _take_presence(payload: bytes, device: str, decoded: Decoded) -> None:
    decoded.gateway = device
    online = _ONLINE.get(payload.strip())
    if online is None:
        decoded.refuse("schema", f"online: expected true or false, got {payload[:20]!r}")
    else:
        decoded.presence.append(Presence(device, online))


def _take_gen1(payload: bytes, device: str, levels: list[str], decoded: Decoded) -> None:
    decoded.gateway = device
    quantity = ".".join(levels)
    if payload.lstrip()[:1] not in (b"{", b"["):
        value = as_number(payload)  # texts such as `on` and `overpower` are states
        if value is not None and not _is_invalid(quantity, value):
            take_number(decoded, device, quantity, value, _gen1_units[quantity], None)
        return
    document = read(payload, decoded)
    if type(document) is not dict:
        if document is not None:
            decoded.refuse("schema", f"{shown(quantity)}: expected an object, got {kind(document)}")
        return
    time = None
    if quantity == "info":
        time = _instant(document.get("unixtime"))
        document, quantity = {key: value for key, value in document.items() if key in _INFO}, ""
    take_leaves(decoded, device, _measured(document), _gen1_units, time, quantity and f"{quantity}.")
    if any(value == _INVALID for _, _, value, _, _ in decoded.readings):
        decoded.readings = [reading for reading in decoded.readings if not _is_invalid(reading[1], reading[2])]


def _is_invalid(quantity: str, value: float) -> bool:
    return value == _INVALID and quantity.startswith(_MAY_BE_INVALID)


def _take_notification(payload: bytes, device: str | None, decoded: Decoded) -> None:
    document = read(payload, decoded)
    if type(document) is not dict:
        if document is not None:
            decoded.refuse("schema", f"expected a notification, got {kind(document)}")
        return
    source = document.get("src")
    sensor = device or (source if type(source) is str and source else "shelly")
    decoded.gateway = sensor
    method = document.get("method")
    if type(method) is not str or method not in _NOTIFICATIONS:
        return
    params = document.get("params")
    if type(params) is not dict:
        decoded.refuse("schema", f"params: expected an object, got {kind(params)}")
        return
    components = {key: value for key, value in params.items() if _measures(key)}
    take_leaves(decoded, sensor, _measured(components), _gen2_units, _instant(params.get("ts")))


def _take_status(payload: bytes, device: str, component: str, decoded: Decoded) -> None:
    decoded.gateway = device
    if not _measures(component):
        return
    document = read(payload, decoded)
    if type(document) is dict:
        take_leaves(decoded, device, _measured(document), _gen2_units, None, f"{component}.")
    elif document is not None:
        decoded.refuse("schema", f"{shown(component)}: expected an object, got {kind(document)}")


def _measures(component: str) -> bool:
    name = component.partition(":")[0]
    return name not in _UNMEASURED and name != "script"


def _measured(tree: Any, depth: int = 0) -> Any:
    """A status without its ids and times, which stand in the first levels."""
    if depth > _DEEPEST:
        return tree
    if type(tree) is dict:
        return {key: _measured(value, depth + 1) for key, value in tree.items() if key not in _SKIPPED}
    return [_measured(value, depth + 1) for value in tree] if type(tree) is list else tree


def _instant(ts: object) -> int | None:
    """ms UTC of epoch seconds, which Shelly writes with hundredths. 0 and others before 2000: not synchronised."""
    if type(ts) is not int and type(ts) is not float:
        return None
    try:
        time = epoch_ms(ts)
    except (ValueError, OverflowError):
        return None
    return time if time >= YEAR_2000 else None


def _key(name: str) -> str:
    """A dotted name without the numbers of channels and minutes at its end."""
    return name.rstrip("0123456789").removesuffix(".")


def _unit(name: str) -> str | None:
    stem = _key(name)
    parts = stem.split(".")
    for start in (-2, -1):
        if unit := _BY_KEY.get(".".join(parts[start:])):
            return unit
    return None


def _gen1_unit(name: str) -> str | None:
    parts = _key(name).split(".")
    if parts[0] == "meters" and parts[-1] == "total":
        return "Wmin"  # of a relay, as `energy` is; only energy meters count this one in Wh
    return _COUNTERS_GEN1.get(parts[-1]) or _unit(name)


_gen1_units: Final = Units(_gen1_unit)
_gen2_units: Final = Units(_unit)


def looks_like(message: Message) -> bool:
    topic = message.topic
    levels = topic.split("/")
    if levels[0] == _GEN1 or topic.endswith("/events/rpc"):
        return True
    if levels[-2:-1] == ["status"] and ":" in levels[-1]:
        return True
    if levels[-1] == "online" and levels[0].startswith("shelly"):
        return True
    return message.payload[:1] == b"{" and b'"Notify' in message.payload[:1000]
