"""Tasmota's telemetry and status messages.

Sources: Tasmota documentation, "MQTT", "JSON Status Responses" and the sensors' pages; the units are those that its
user interface and `support` tables show, where the message itself does not say them.

| topic (`FullTopic` may put the prefix elsewhere) | gives |
|---|---|
| `tele/{device}/SENSOR`, `tele/{device}/STATE` | every number |
| `stat/{device}/STATUS8`, `STATUS10`, `STATUS11`, `STATUS0` | every number in `StatusSNS` and `StatusSTS` |
| `tele/{device}/LWT` | the device came (`Online`) or went (`Offline`) |
| others below `tele`, `stat` and `cmnd` | nothing: commands, their answers and states of switches |

| in a reading | is |
|---|---|
| sensor | `%topic%`: the topic without its prefix and last level |
| quantity | the keys joined by dots: `ENERGY.Power`, `DS18B20-1.Temperature`; phases count from 0: `ENERGY.Current.2` |
| unit | `TempUnit`, `PressureUnit` and `SpeedUnit` of the message, as written; else by Tasmota's convention |
| time | `Epoch` where there is one, else `Time`, which has no zone unless the device is told to write one: it is then \
local time of the zone in the options (UTC unless said). A clock that was never set (1970) is no time |

Skipped are texts (`Switch1`, `POWER`, ids of sensors) and `TotalStartTime`.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from ingest.decoders.base import Decoded, Message, Presence
from ingest.decoders.documents import bounded, kind, read
from ingest.decoders.leaves import Units, take_leaves, unreadable
from ingest.decoders.recent import Remembered
from telemetry.time import YEAR_2000, epoch_ms, iso8601_ms

TOPICS: Final = ("tele/+/SENSOR", "tele/+/STATE", "tele/+/LWT", "stat/+/STATUS8", "stat/+/STATUS10")
_PREFIXES: Final = frozenset(("tele", "stat", "cmnd"))
_WHOLE: Final = frozenset(("SENSOR", "STATE"))
_STATUS: Final = frozenset(("STATUS", "STATUS0", "STATUS8", "STATUS10", "STATUS11"))
_PARTS: Final = ("StatusSNS", "StatusSTS")
_PRESENCE: Final = {"Online": True, "Offline": False}

_BY_KEY: Final = {
    key: unit
    for unit, keys in {
        "kWh": "Total TotalTariff Yesterday Today ExportActive ExportTariff ImportActive Energy "
        "TodaySumImport TodaySumExport YesterdaySumImport YesterdaySumExport",
        "kvarh": "ImportReactive ExportReactive",
        "Wh": "Period",
        "W": "Power ActivePower",
        "VA": "ApparentPower",
        "var": "ReactivePower",
        "V": "Voltage Vcc",
        "A": "Current CurrentNeutral",
        "Hz": "Frequency",
        "deg": "PhaseAngle Deg",
        "%": "Humidity Moisture Battery BatteryPercentage Wifi.RSSI",
        "dBm": "Signal RSSI",
        "lx": "Illuminance Ambient",
        "cm": "Distance",
        "kg": "Weight",
        "ppm": "CarbonDioxide CO2 eCO2",
        "ppb": "TVOC",
        "ug/m3": "PM1 PM2.5 PM10 CF1 CF2.5 CF10",
        "K": "CCT",
        "kB": "Heap",
        "s": "UptimeSec",
    }.items()
    for key in keys.split()
}
_BY_PARENT: Final = {"Dir": "deg"}
_TEMPERATURES: Final = frozenset(("Temperature", "DewPoint", "HeatIndex"))
_PRESSURES: Final = frozenset(("Pressure", "SeaPressure"))
_ZIGBEE: Final = "ZbReceived."
"""Zigbee's clusters measure in degrees Celsius, whatever the bridge shows."""
_DEFAULT_PRESSURE: Final = "hPa"
_MAX_UNIT_SETS, _LONGEST_UNIT = 64, 32


class Tasmota:
    """timezone: IANA name of the zone of times that are written without one."""

    def __init__(self, timezone: str = "UTC") -> None:
        self._zone: tzinfo = UTC if timezone == "UTC" else ZoneInfo(timezone)
        self._units: dict[tuple[str | None, ...], Units] = {}
        self._places = Remembered(_place)

    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        prefix, sensor, what = self._places[message.topic]
        decoded.gateway = sensor
        if what == "LWT":
            _take_presence(message.payload, sensor, decoded)
        elif prefix is None or what in _WHOLE or what in _STATUS:
            document = read(message.payload, decoded)
            if type(document) is dict:
                self._take(document, sensor, decoded)
            elif document is not None:
                decoded.refuse("schema", f"expected an object, got {kind(document)}")
        return bounded(decoded)

    def _take(self, document: dict[str, Any], sensor: str, decoded: Decoded) -> None:
        parts = [document[part] for part in _PARTS if part in document]
        for part in parts or [document]:
            if type(part) is not dict:
                decoded.refuse("schema", f"{' or '.join(_PARTS)}: expected an object, got {kind(part)}")
                continue
            units = self._units_of(
                _text(part.pop("TempUnit", None)),
                _text(part.pop("PressureUnit", None)),
                _text(part.pop("SpeedUnit", None)),
            )
            epoch, written = part.pop("Epoch", None), part.pop("Time", None)
            time = self._time(epoch, written)
            if time is not None or not unreadable("Time", _dashed(written), decoded):
                take_leaves(decoded, sensor, part, units, time)

    def _units_of(self, *said: str | None) -> Units:
        """The units in a message that says these of temperature, pressure and speed."""
        units = self._units.get(said)
        if units is None:
            units = Units(lambda name: _unit(name, *said))
            if len(self._units) < _MAX_UNIT_SETS and all(len(unit or "") <= _LONGEST_UNIT for unit in said):
                self._units[said] = units
        return units

    def _time(self, *written: object) -> int | None:
        """The first of them that is a time."""
        for one in written:
            try:
                time = self._instant(one)
            except (ValueError, OverflowError):
                continue
            if time is not None and time >= YEAR_2000:
                return time
        return None

    def _instant(self, written: object) -> int | None:
        """ms UTC of an epoch number or an ISO time. Raises ValueError."""
        if type(written) is int or type(written) is float:
            return epoch_ms(written)
        if type(written) is not str:
            return None
        text = _dashed(written)
        if self._zone is UTC:
            return iso8601_ms(text)
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        return iso8601_ms(moment.isoformat())


def _place(topic: str) -> tuple[str | None, str, str]:
    """Prefix (None: the topic is none of Tasmota's), device and last level of a topic."""
    levels = topic.split("/")
    if len(levels) == 3 and levels[0] in _PREFIXES:
        return levels[0], levels[1], levels[2]
    for prefix in _PREFIXES.intersection(levels[:-1]):
        others = levels[:-1]
        others.remove(prefix)
        if len(others) > 1 and others[0] == "tasmota":
            others = others[1:]
        return prefix, "/".join(others), levels[-1]
    return None, topic or "tasmota", ""


def _take_presence(payload: bytes, sensor: str, decoded: Decoded) -> None:
    online = _PRESENCE.get(payload.decode(errors="replace").strip())
    if online is None:
        decoded.refuse("schema", f"LWT: expected Online or Offline, got {payload[:20]!r}")
    else:
        decoded.presence.append(Presence(sensor, online))


def _unit(name: str, temperature: str | None, pressure: str | None, speed: str | None) -> str | None:
    """Of a dotted name. Keys may have dots themselves (PM2.5), and may be followed by a phase."""
    stem = name.rstrip("0123456789").removesuffix(".")
    for known in (name, stem):
        parts = known.rsplit(".", 2)
        for key in (".".join(parts[-2:]), parts[-1]):
            if key in _BY_KEY:
                return _BY_KEY[key]
    if parts[-1] in _TEMPERATURES:
        return temperature or ("C" if name.startswith(_ZIGBEE) else None)
    if parts[-1] in _PRESSURES:
        return pressure or _DEFAULT_PRESSURE
    if "Speed" in parts[-2:]:
        return speed
    return _BY_PARENT.get(parts[-2]) if len(parts) > 1 else None


def _dashed(written: Any) -> Any:
    """Versions before 6 wrote 2018.02.15 01:00:50."""
    if type(written) is str and written[4:5] == ".":
        return written[:10].replace(".", "-") + written[10:]
    return written


def _text(value: object) -> str | None:
    return value if type(value) is str and value else None


def looks_like(message: Message) -> bool:
    prefix, _, what = _place(message.topic)
    if prefix in ("tele", "stat") and what.isupper():
        return True
    start = message.payload[:200]
    return start.startswith(b'{"Time"') or (start[:1] == b"{" and b'"StatusSNS"' in message.payload)
