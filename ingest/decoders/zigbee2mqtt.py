"""Zigbee2MQTT's states of devices.

Sources: zigbee2mqtt.io, "MQTT Topics and Messages", "Exposes", "Device-Availability" and "MQTT" (last_seen, output).

| topic below the base topic (`zigbee2mqtt`) | gives |
|---|---|
| `{friendly name}` (it may hold `/`) | every number of the state; nested ones (`color.x`) too |
| `{friendly name}/{property}`, a bare number | that number (`output: attribute`) |
| `{friendly name}/availability` | the device came or went: `online`, or `{"state": "online"}` |
| `bridge/state` | so did the bridge and all behind it |
| `bridge/devices` | nothing; but which unit each property of each device has is remembered |
| `bridge/groups` | nothing; but groups are known from then on: their states are those of their members |
| other `bridge/…`, `…/set`, `…/get` | nothing |

| in a reading | is |
|---|---|
| sensor | the friendly name |
| quantity | the keys joined by dots |
| unit | as `bridge/devices` says; before it has come, by Zigbee2MQTT's convention. `voltage` is mV where the state \
has a `battery`, or when it is 1000 and more: no mains has that; else V |
| time | `last_seen`: ISO 8601, local with its offset, or epoch milliseconds; where it is disabled, that of arrival |

Skipped are texts and booleans, `elapsed`, and what describes the device rather than its surroundings (`update`,
`device`).
"""

from __future__ import annotations

from typing import Any, Final, TypeGuard

import msgspec

from ingest.decoders.base import Decoded, Memory, Message, Presence, too_long
from ingest.decoders.documents import bounded, kind, read
from ingest.decoders.leaves import Units, as_number, past, take_leaves, take_number, unreadable
from ingest.decoders.recent import Recent
from ingest.decoders.shelf import Shelf
from telemetry.time import YEAR_2000, epoch_ms

TOPICS: Final = ("zigbee2mqtt/#",)
_BASE: Final = "zigbee2mqtt"
_MAX_BRIDGES: Final = 256
_MAX_NETWORKS: Final = 4_000_000
"""Bytes, packed, of the networks that are held ready to use: some ten times as much in memory."""
_MAX_DEVICES, _MAX_FEATURES = 10_000, 20_000
_MAX_PROPERTIES: Final = 200
"""Of one device, whose units are held."""
_LONGEST: Final = 128
"""Characters of a device's name, a property's and a unit that are remembered; no store takes more."""
_SKIPPED: Final = frozenset(("last_seen", "elapsed", "update", "device"))
_COMMANDS: Final = frozenset(("set", "get"))
_STATES: Final = {"online": True, "offline": False}
_MAINS_BELOW: Final = 1000.0

_BY_PROPERTY: Final = {
    key: unit
    for unit, keys in {
        "°C": "temperature device_temperature local_temperature soil_temperature water_temperature dew_point "
        "occupied_heating_setpoint occupied_cooling_setpoint current_heating_setpoint",
        "%": "humidity battery soil_moisture position tilt valve_opening_degree pi_heating_demand",
        "hPa": "pressure",
        "lx": "illuminance illuminance_lux",
        "lqi": "linkquality",
        "W": "power power_phase_b power_phase_c",
        "VA": "power_apparent",
        "VAR": "power_reactive",
        "kWh": "energy produced_energy consumed_energy",
        "A": "current current_phase_b current_phase_c",
        "V": "voltage_phase_b voltage_phase_c",
        "Hz": "ac_frequency",
        "ppm": "co2",
        "µg/m³": "pm1 pm25 pm10 voc",
        "dBA": "noise",
        "m³/h": "flow",
        "m": "distance target_distance",
    }.items()
    for key in keys.split()
}
_MAINS: Final = Units(lambda name: "V" if name == "voltage" else _BY_PROPERTY.get(name))
_BATTERY: Final = Units(lambda name: "mV" if name == "voltage" else _BY_PROPERTY.get(name))


class Network(msgspec.Struct, frozen=True):
    """What a bridge has said of its network."""

    units: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)
    """Device -> property -> unit."""
    groups: list[str] = msgspec.field(default_factory=list)


_network = msgspec.msgpack.Decoder(Network)


class Zigbee2mqtt:
    def __init__(self, memory: Memory) -> None:
        self._shelf = Shelf(memory, "zigbee2mqtt", _MAX_BRIDGES)
        self._networks: Recent[Network] = Recent(_MAX_NETWORKS)
        self._units: dict[tuple[str, str], Units] = {}

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        if (fault := too_long(message.topic)) is not None:
            decoded.refuse("topic", fault)
            return decoded
        base, name = _split(message.topic)
        sensor, _, last = name.rpartition("/")
        decoded.gateway = base
        if not message.payload:
            return decoded  # forgets what was retained, of a device that is gone
        if sensor == "bridge" or name.startswith("bridge/"):
            self._take_bridge(message, base, last, decoded)
        elif last == "availability" and sensor:
            online = _state(message.payload)
            if online is None:
                decoded.refuse("schema", 'availability: expected online, offline or {"state": "online"}')
            elif sensor not in self._network(base).groups:
                decoded.presence.append(Presence(base, online, sensor))
        elif last not in _COMMANDS and not sensor.endswith(("/set", "/get")):
            self._take_state(message.payload, base, name or base, decoded)
        return bounded(decoded)

    def _take_state(self, payload: bytes, base: str, sensor: str, decoded: Decoded) -> None:
        if payload.lstrip()[:1] not in (b"{", b"["):
            self._take_attribute(payload, base, sensor, decoded)
            return
        state = read(payload, decoded)
        if type(state) is not dict:
            if state is not None:
                decoded.refuse("schema", f"expected an object, got {kind(state)}")
            return
        if sensor not in self._network(base).groups:
            seen = state.get("last_seen")
            time = _seen(seen)
            if time is None and unreadable("last_seen", seen, decoded):
                return
            measured = {key: value for key, value in state.items() if key not in _SKIPPED}
            take_leaves(decoded, sensor, measured, self._units_of(base, sensor, state), time)

    def _take_attribute(self, payload: bytes, base: str, name: str, decoded: Decoded) -> None:
        """`output: attribute`: one property of a device in a topic of its own. Texts are passed over."""
        sensor, _, key = name.rpartition("/")
        value = as_number(payload)
        if sensor and value is not None and sensor not in self._network(base).groups:
            take_number(decoded, sensor, key, value, self._units_of(base, sensor, {key: value})[key], None)

    def _units_of(self, base: str, sensor: str, state: dict[str, Any]) -> Units:
        voltage = state.get("voltage")
        high = (type(voltage) is int or type(voltage) is float) and voltage >= _MAINS_BELOW
        usual = _BATTERY if "battery" in state or high else _MAINS
        said = self._network(base).units.get(sensor)
        if not said:
            return usual
        units = self._units.get((base, sensor))
        if units is None:
            if len(self._units) >= _MAX_DEVICES:
                self._units.clear()
            units = self._units[base, sensor] = Units(lambda name: said.get(name) or usual[name], _MAX_PROPERTIES)
        return units

    def _take_bridge(self, message: Message, base: str, topic: str, decoded: Decoded) -> None:
        if topic == "state":
            online = _state(message.payload)
            if online is not None:
                decoded.presence.append(Presence(base, online))
        elif topic in ("devices", "groups"):
            document = read(message.payload, decoded)
            entries = document if type(document) is list else []
            named = [entry for entry in entries if type(entry) is dict and _short(entry.get("friendly_name"))]
            known = self._network(base)
            if topic == "groups":
                self._learn(base, Network(known.units, [entry["friendly_name"] for entry in named]))
            else:
                self._learn(base, Network({entry["friendly_name"]: _exposed(entry) for entry in named}, known.groups))

    def _network(self, base: str) -> Network:
        network = self._networks.get(base)
        if network is None:
            record = self._shelf.get(base)
            network = _network.decode(record) if record else Network()
            self._keep(base, network, record or b"")
        return network

    def _learn(self, base: str, network: Network) -> None:
        if network != self._network(base):
            record = msgspec.msgpack.encode(network)
            self._shelf.put(base, record)
            self._keep(base, network, record)
            self._units.clear()

    def _keep(self, base: str, network: Network, record: bytes) -> None:
        self._networks.put(base, network, len(base) + len(record) + _MAX_NETWORKS // 10_000)


def _split(topic: str) -> tuple[str, str]:
    """The base topic, which may have several levels but ends with `zigbee2mqtt` then, and the rest."""
    above, found, name = topic.partition(f"{_BASE}/")
    if found and (not above or above.endswith("/")):
        return above + _BASE, name
    base, _, name = topic.partition("/")
    return base or _BASE, name


def _seen(last_seen: object) -> int | None:
    if type(last_seen) is str:
        return past(last_seen)
    if type(last_seen) is int or type(last_seen) is float:
        try:
            time = epoch_ms(last_seen)
        except (ValueError, OverflowError):
            return None
        return time if time >= YEAR_2000 else None
    return None


def _state(payload: bytes) -> bool | None:
    if payload[:1] == b"{":
        document = read(payload, Decoded())
        said = document.get("state") if type(document) is dict else None
    else:
        said = payload[:64].decode(errors="replace").strip()
    return _STATES.get(said) if type(said) is str else None


def _short(text: object) -> TypeGuard[str]:
    return type(text) is str and len(text) <= _LONGEST


def _exposed(entry: dict[str, Any]) -> dict[str, str]:
    """Property -> unit, of an entry of bridge/devices. Features of a composite stand below its property."""
    definition = entry.get("definition")
    exposes = definition.get("exposes") if type(definition) is dict else None
    units: dict[str, str] = {}
    waiting: list[tuple[str, object]] = [("", exposes)]
    seen = 0
    while waiting and seen < _MAX_FEATURES:
        prefix, features = waiting.pop()
        for feature in features if type(features) is list else []:
            seen += 1
            if type(feature) is not dict:
                continue
            key, unit = feature.get("property"), feature.get("unit")
            if _short(key) and _short(unit):
                units[prefix + key] = unit
            below = f"{prefix}{key}." if feature.get("type") == "composite" and type(key) is str else prefix
            if len(below) < 200:
                waiting.append((below, feature.get("features")))
    return units


def looks_like(message: Message) -> bool:
    if message.topic.startswith("zigbee2mqtt/"):
        return True
    return message.payload[:1] == b"{" and b'"linkquality"' in message.payload
