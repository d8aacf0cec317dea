"""The catalogue of sensors, CSV or YAML: one line a sensor, checked as strictly as the settings.

    city,domain,zone,device,quantity,unit,interval,min,max,low,high
    3578,water,*,*,flow,m3/h,10s,0,4000,,
    3578,water,gubeng,meter-17,flow,,,,,36,1800

A line whose device is `*` is no sensor: what it gives holds for the sensors below it of its domain
and quantity (and city and zone, unless these are `*` too) that leave it empty; the nearest one wins.
Numbers are in the line's `unit`, or where it has none in that of its defaults; they are kept in the canonical unit,
which they are in where nothing else is said. docs/catalogue.md tells people. `climatology` says what is usual at
which hours of the local day: `0-5: 10..80; 6-9: 40..160`; hours that are not named are not judged by it.

What other formats call a sensor (`decoders` in the settings) stands in `source`, the device's name as they
send it, and `key`, the quantity's; `scale` and `offset` make the line's unit of what they send.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from config.problems import Place, Problem, nearest, refuse, shown
from config.rows import Row, read_rows
from config.settings import LimitSettings
from telemetry.durations import parse_duration
from telemetry.names import name_fault
from telemetry.sensors import COUNTERS, Sensor
from telemetry.series import DOMAINS, Device, Identity
from telemetry.units import UnitError, canonical_unit, conversion

_LONGEST_INTERVAL = 31 * 86_400_000
_NOT_IN_LEVELS = frozenset("/+#")
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}
_RANGE = ("min", "low", "high", "max")
_HOURS = re.compile(r"(\d\d?)(?:-(\d\d?))?\s*:\s*(\S+?)\s*\.\.\s*(\S+)")

Cells = Mapping[str, str]
Values = dict[str, Any]
"""What a line gives, by the names of `Sensor`; in canonical units."""


class _Wrong(ValueError):
    """A value that can't be used; `column` names it."""

    def __init__(self, column: str, text: str) -> None:
        super().__init__(text)
        self.column = column


def load_catalogue(path: Path) -> tuple[Sensor, ...]:
    """The sensors of `path` (.csv, .yaml or .yml), in its order.

    Raises SettingsError, which names every wrong line and column, the value, and what is allowed.
    """
    problems: list[Problem] = []
    reader = _Reader(str(path), problems)
    sensors = [reader.take(row) for row in read_rows(path, problems)]
    refuse(sorted(problems, key=lambda problem: problem.place.line if problem.place else 0), "the catalogue")
    return tuple(filter(None, sensors))


def check_limits(sensors: Sequence[Sensor], limits: LimitSettings) -> None:
    """Raise SettingsError if the catalogue alone has more series than `limits` allows."""
    in_zone = limits.zone_series or limits.max_series // 4
    zones = Counter(sensor.identity[:3] for sensor in sensors)
    full = [("/".join(zone), count) for zone, count in zones.items() if count > in_zone]
    problems = [
        Problem(("limits", "zone_series"), f"allows {in_zone}, but the catalogue has {count} sensors in zone {zone}")
        for zone, count in full
    ]
    if len(sensors) > limits.max_series:
        text = f"allows {limits.max_series}, but the catalogue has {len(sensors)} sensors"
        problems.append(Problem(("limits", "max_series"), text))
    refuse(problems, "the settings")


_kind_cells = itemgetter(
    *("city", "domain", "zone", "quantity", "unit", *_RANGE, "interval", "modulus", "counter", "climatology")
)
_identity_cells = itemgetter("city", "domain", "zone", "device", "quantity")


class _Reader:
    """Turns rows into sensors; remembers what it has seen, to find doubles and to be quick."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        self.defaults: dict[tuple[str, ...], tuple[Values, int]] = {}
        self.lines: dict[Identity, int] = {}
        self.gateways: dict[Device, tuple[str, int]] = {}
        self.sent: dict[tuple[str, str], int] = {}
        self.good_levels: set[str] = set()
        self.good_quantities: set[str] = set()
        self.kinds: dict[tuple[str, ...], Values] = {}

    def take(self, row: Row) -> Sensor | None:
        """The sensor of a line; None where the line is wrong, or gives defaults."""
        try:
            if row.cells["device"] == "*":
                self._default(row)
                return None
            return self._sensor(row)
        except _Wrong as wrong:
            self.problems.append(Problem((wrong.column,), str(wrong), Place(self.source, row.line)))
            return None

    def _default(self, row: Row) -> None:
        cells = row.cells
        self._check_names(cells, tuple(name for name in ("city", "zone") if cells[name] != "*"))
        for column in ("lat", "lon", "gateway", "name", "source", "key", "scale", "offset"):
            if cells[column]:
                raise _Wrong(column, "belongs to one device, and can't be a default")
        key = (cells["city"], cells["domain"], cells["zone"], cells["quantity"])
        if key in self.defaults:
            raise _Wrong("device", f"the same defaults are given in line {self.defaults[key][1]} already")
        self.defaults[key] = (_kind_values(cells, self._defaults_for(cells).get("unit")), row.line)
        self.kinds.clear()

    def _sensor(self, row: Row) -> Sensor:
        cells = row.cells
        self._check_names(cells, ("city", "zone", "device"))
        identity = Identity(*_identity_cells(cells))
        if identity in self.lines:
            raise _Wrong("device", f"the sensor {'/'.join(identity)} is given in line {self.lines[identity]} already")
        self.lines[identity] = row.line
        values = self._kind(cells) | _place_values(cells)
        if "gateway" in values:
            self._check_gateway(identity, values["gateway"], row.line)
        if "source" in values or "key" in values:
            self._check_sent(values.get("source", identity.device), values.get("key"), row.line)
        return Sensor(identity, **values)

    def _check_names(self, cells: Cells, levels: tuple[str, ...]) -> None:
        for column in levels:
            if cells[column] not in self.good_levels:
                _check_level(column, cells[column])
                self.good_levels.add(cells[column])
        if cells["quantity"] not in self.good_quantities:
            _check_name("quantity", cells["quantity"])
            self.good_quantities.add(cells["quantity"])
        if cells["domain"] not in DOMAINS:
            meant = nearest(cells["domain"], DOMAINS)
            hint = f"did you mean {meant}? " if meant else ""
            allowed = ", ".join(DOMAINS)
            raise _Wrong("domain", f"{shown(cells['domain'])} is not a domain; {hint}allowed: {allowed}")

    def _kind(self, cells: Cells) -> Values:
        """What a line shares with its like: read once for all lines that say the same."""
        key = _kind_cells(cells)
        if key not in self.kinds:
            values = self._defaults_for(cells)
            values |= _kind_values(cells, values.get("unit"))
            _check_kind(cells, values)
            self.kinds[key] = values
        return self.kinds[key]

    def _defaults_for(self, cells: Cells) -> Values:
        city, domain, zone, quantity = cells["city"], cells["domain"], cells["zone"], cells["quantity"]
        values: Values = {}
        for inner_city, inner_zone in (("*", "*"), ("*", zone), (city, "*"), (city, zone)):
            values |= self.defaults.get((inner_city, domain, inner_zone, quantity), ({}, 0))[0]
        return values

    def _check_sent(self, source: str, key: str | None, line: int) -> None:
        """What is sent under one name goes to one sensor."""
        if key is not None and (first := self.sent.setdefault((source, key), line)) != line:
            raise _Wrong("key", f"{shown(key)} of {shown(source)} is given in line {first} already")

    def _check_gateway(self, identity: Identity, gateway: str, line: int) -> None:
        other, first = self.gateways.setdefault(Device(*identity[:4]), (gateway, line))
        if other != gateway:
            raise _Wrong("gateway", f"{shown(gateway)}, but the same device is behind {shown(other)} in line {first}")


def _check_name(column: str, name: str) -> None:
    if fault := name_fault(name):
        raise _Wrong(column, f"{fault}; allowed: 1 to 128 bytes without control characters")


def _check_level(column: str, name: str) -> None:
    _check_name(column, name)
    if not _NOT_IN_LEVELS.isdisjoint(name):
        raise _Wrong(column, f"{shown(name)} can't be a level of a topic: /, + and # are not allowed")


def _kind_values(cells: Cells, usual: str | None) -> Values:
    """The cells that sensors of a kind have in common, where they are not empty. usual: the unit of numbers on a
    line that names none."""
    values: Values = {}
    scale, offset = 1.0, 0.0
    if unit := cells["unit"] or usual:
        scale, offset = _conversion(cells["domain"], cells["quantity"], unit)
        values["unit"] = unit
    for column in _RANGE:
        if text := cells[column]:
            values[column] = _number(column, text) * scale + offset
    if text := cells["modulus"]:
        # A count has no zero point to move: only the scale applies.
        values["modulus"] = _number("modulus", text) * scale
        if values["modulus"] <= 0:
            raise _Wrong("modulus", f"{shown(text)} is not allowed; allowed: above 0")
    if text := cells["interval"]:
        values["interval"] = _interval(text)
    if text := cells["counter"]:
        values["counter"] = _boolean(text, (cells["domain"], cells["quantity"]))
    if text := cells["climatology"]:
        hours = _climatology(text)
        values["climatology"] = tuple((low * scale + offset, high * scale + offset) for low, high in hours)
    return values


def _place_values(cells: Cells) -> Values:
    """The cells that belong to one device, where they are not empty."""
    values: Values = {}
    for column, limit in (("lat", 90), ("lon", 180)):
        if text := cells[column]:
            values[column] = _number(column, text)
            if abs(values[column]) > limit:
                raise _Wrong(column, f"{shown(text)} is not allowed; allowed: degrees from -{limit} to {limit}")
    if ("lat" in values) != ("lon" in values):
        raise _Wrong("lat", "lat and lon belong together; only one is given")
    if gateway := cells["gateway"]:
        _check_level("gateway", gateway)
        values["gateway"] = gateway
    for column in ("name", "source", "key"):
        if text := cells[column]:
            values[column] = text
    return values | _sent_values(cells)


def _sent_values(cells: Cells) -> Values:
    """How what another format sends becomes the line's unit."""
    values: Values = {}
    for column in ("scale", "offset"):
        if text := cells[column]:
            values[column] = _number(column, text)
            if not cells["key"]:
                raise _Wrong(column, "needs key, the quantity's name as it is sent: nadi's own format sends units")
    if values.get("scale") == 0:
        raise _Wrong("scale", "0 is not allowed: it would make all readings alike; allowed: any other number")
    return values


def _conversion(domain: str, quantity: str, unit: str) -> tuple[float, float]:
    """To the canonical unit; a quantity without one is kept as it comes."""
    canonical = canonical_unit(domain, quantity)
    try:
        return conversion(unit, canonical) if canonical else (1.0, 0.0)
    except UnitError as error:
        raise _Wrong("unit", str(error)) from error


def _interval(text: str) -> int:
    try:
        ms = round(float(text) * 1000) if text.replace(".", "", 1).isdecimal() else parse_duration(text)
    except (ValueError, OverflowError):
        ms = 0
    if not 0 < ms <= _LONGEST_INTERVAL:
        allowed = "seconds, or a number with a unit, like 10s or 15m, at most 31d"
        raise _Wrong("interval", f"{shown(text)} is not allowed; allowed: {allowed}")
    return ms


def _climatology(text: str) -> list[tuple[float, float]]:
    """Of `0-5: 10..80; 6-9: 40..160` the (low, high) of each hour of the local day; NaN where not given."""
    hours = [(math.nan, math.nan)] * 24
    for part in filter(None, map(str.strip, text.split(";"))):
        found = _HOURS.fullmatch(part)
        if found is None:
            allowed = "hours and what is usual then, like 0-5: 10..80; 6: 20..90"
            raise _Wrong("climatology", f"{shown(part)} is not allowed; allowed: {allowed}")
        begin, end = int(found[1]), int(found[2] or found[1])
        low, high = (_number("climatology", bound) for bound in (found[3], found[4]))
        if not begin <= end < 24 or not low < high:
            raise _Wrong("climatology", f"{shown(part)}: wanted are hours from 0 to 23, and a low below the high")
        hours[begin : end + 1] = [(low, high)] * (end + 1 - begin)
    return hours


def _check_kind(cells: Cells, values: Values) -> None:
    """What no single cell shows, after the defaults are filled in."""
    given = [(column, values[column]) for column in _RANGE if column in values]
    for (lower, low), (upper, high) in pairwise(given):
        if low > high or (low == high and {lower, upper} in ({"min", "max"}, {"low", "high"})):
            order = " <= ".join(_RANGE)
            raise _Wrong(upper, f"{high:g} is not above {lower}, {low:g} (canonical units); wanted: {order}")
    always = (cells["domain"], cells["quantity"]) in COUNTERS
    if "modulus" in values and not (always or values.get("counter")):
        raise _Wrong("modulus", "only a counter rolls over; set counter to true if it is one")


def _number(column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        hint = "; write a point, not a comma" if "," in text else ""
        raise _Wrong(column, f"{shown(text)} is not a number{hint}") from None
    if not math.isfinite(value):
        raise _Wrong(column, f"{shown(text)} is not allowed; allowed: a finite number")
    return value


def _boolean(text: str, series: tuple[str, str]) -> bool:
    word = text.lower()
    if word not in _TRUE | _FALSE:
        raise _Wrong("counter", f"{shown(text)} is not allowed; allowed: true or false")
    if word in _FALSE and series in COUNTERS:
        raise _Wrong("counter", f"{' '.join(series)} is always a counter")
    return word in _TRUE
