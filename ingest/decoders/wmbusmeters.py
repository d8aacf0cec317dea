"""wmbusmeters' JSON: one telegram of a wireless or wired M-Bus meter, as the program prints it.

Source: wmbusmeters' README and src/units.h (github.com/wmbusmeters/wmbusmeters). It has no topic of its own;
its README's example publishes to `wmbusmeters/$METER_ID`.

In a reading

- sensor is `id`, the meter's own number; where it is missing, `name`.
- quantity is the key as printed, unit and all: one telegram may have both `total_m3` and `total_l`.
- unit is what the key's ending stands for, as the program itself shows it, in plain letters: `m3h` is m3/h, `c` degC.
- time is `timestamp`, when the telegram was heard; else `timestamp_ut`.

Taken is every number. `target_…`, `history_…` and other values of a past day come under their own names with
the telegram's time: their days are local and without a zone. Counters, factors and plain numbers have no unit.
Skipped are texts, `null`, and times of any kind (`…_date`, `…_datetime`, `…_utc`, `…_ut`): `device_date_time`
and its like are the meter's clock, in no zone. `media`, `meter` and `name` are labels for the mapping.
"""

from __future__ import annotations

from typing import Any, Final

from ingest.decoders.base import Decoded, Message
from ingest.decoders.documents import bounded, instant, kind, label, read, records, shown, take
from ingest.decoders.recent import Remembered

TOPICS: Final = ("wmbusmeters/#",)

_ENDINGS: Final = (
    "kwh=kWh mj=MJ gj=GJ kvarh=kVARh kvah=kVAh m3c=m3degC kw=kW m3ch=m3degC/h m3=m3 l=L m3h=m3/h lh=L/h c=degC f=degF "
    "k=K v=V a=A hz=Hz pa=Pa bar=bar kg=kg m=m mol=mol cd=cd s=s min=min h=h d=d month=month y=year rh=% hca=hca "
    "deg=deg rad=rad dbm=dBm"
)
_UNITS: Final = dict(pair.split("=") for pair in _ENDINGS.split())
"""Ending of a key -> unit; `counter`, `factor` and `nr` have none. `rh` is relative humidity in per cent;
`dbm` is of `rssi_dbm`, which is not in units.h."""

_TIMES: Final = frozenset(("ut", "utc", "lt", "datetime", "date", "time", "timestamp"))
_SKIPPED: Final = frozenset(("id", "timestamp"))
_NOT_A_READING: Final = "\0"


def _unit(key: str) -> str | None:
    ending = key.rpartition("_")[2]
    return _NOT_A_READING if key in _SKIPPED or ending in _TIMES else _UNITS.get(ending)


_units: Final = Remembered(_unit)


class Wmbusmeters:
    def decode(self, message: Message) -> Decoded:
        decoded = Decoded()
        document = read(message.payload, decoded)
        if document is not None:
            for telegram in records(document, decoded):
                if type(telegram) is dict:
                    self._telegram(telegram, decoded)
                else:
                    decoded.refuse("schema", f"expected a telegram, which is an object, got {kind(telegram)}")
        return bounded(decoded)

    def _telegram(self, telegram: dict[str, Any], decoded: Decoded) -> None:
        sensor = telegram.get("id") or telegram.get("name")
        if type(sensor) is not str:
            decoded.refuse("schema", "expected `id`, the number of the meter, as a text")
            return
        try:
            moment = _time(telegram)
        except ValueError as error:
            decoded.refuse("time", f"{shown(sensor)}: timestamp: {error}")
            return
        for name in ("media", "meter", "name"):
            label(decoded, name, telegram.get(name))
        for key, value in telegram.items():
            if type(value) is not str and (unit := _units[key]) != _NOT_A_READING:
                take(decoded, sensor, key, value, unit, moment)


def _time(telegram: dict[str, Any]) -> int | None:
    if (text := telegram.get("timestamp")) is not None:
        return instant(text)
    seconds = telegram.get("timestamp_ut")
    return seconds * 1000 if type(seconds) is int and abs(seconds) < 10**11 else None


def looks_like(message: Message) -> bool:
    return b'"media"' in message.payload and b'"meter"' in message.payload and b'"id"' in message.payload
