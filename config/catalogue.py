"""The catalogue of sensors, CSV or YAML: one line a sensor, checked as strictly as the settings.

    city,domain,zone,device,quantity,unit,interval,min,max,low,high
    3578,water,*,*,flow,m3/h,10s,0,4000,,
    3578,water,gubeng,meter-17,flow,,,,,36,1800

A line whose device is `*` is no sensor: what it gives holds for the sensors of its domain and
quantity (and city and zone, unless these are `*` too) that leave it empty; the nearest one wins.
Numbers are in the line's `unit`, and are kept in the canonical unit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from config.problems import Place, Problem, nearest, refuse, shown
from config.rows import Row, read_rows
from telemetry.durations import parse_duration
from telemetry.names import name_fault
from telemetry.sensors import COUNTERS, Sensor
from telemetry.series import DOMAINS, Device, Identity
from telemetry.units import UnitError, canonical_unit, conversion

_LONGEST_INTERVAL = 31 * 86_400_000
_TRUE, _FALSE = {"true", "yes", "1"}, {"false", "no", "0"}
_RANGE = ("min", "low", "high", "max")

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
    rows = list(read_rows(path, problems))
    reader = _Reader(str(path), problems)
    defaults = [row for row in rows if row.cells["device"] == "*"]
    for row in defaults:
        reader.default(row)
    sensors = [sensor for row in rows if row.cells["device"] != "*" for sensor in reader.sensor(row)]
    refuse(sorted(problems, key=lambda problem: problem.place.line if problem.place else 0), "the catalogue")
    return tuple(sensors)


class _Reader:
    """Turns rows into sensors; remembers what it has seen, to find doubles and to be quick."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = problems
        self.defaults: dict[tuple[str, str, str, str], tuple[Values, int]] = {}
        self.lines: dict[Identity, int] = {}
        self.gateways: dict[Device, tuple[str, int]] = {}
        self.good_names: set[str] = set()
        self.scales: dict[tuple[str, str, str], tuple[float, float]] = {}
        self.intervals: dict[str, int] = {}

    def default(self, row: Row) -> None:
        """Take a line with device `*`."""
        cells = row.cells
        try:
            self._check_names(cells, tuple(name for name in ("city", "zone") if cells[name] != "*"))
            key = (cells["city"], cells["domain"], cells["zone"], cells["quantity"])
            if key in self.defaults:
                raise _Wrong("device", f"the same defaults are given in line {self.defaults[key][1]} already")
            values = self._values(cells)
            for column in ("lat", "lon", "gateway", "name"):
                if column in values:
                    raise _Wrong(column, "belongs to one device, and can't be a default")
            self.defaults[key] = (values, row.line)
        except _Wrong as wrong:
            self._complain(row, wrong)

    def sensor(self, row: Row) -> Iterator[Sensor]:
        """The sensor of a line, or nothing where the line is wrong."""
        cells = row.cells
        try:
            self._check_names(cells, ("city", "zone", "device"))
            identity = Identity(cells["city"], cells["domain"], cells["zone"], cells["device"], cells["quantity"])
            first = self.lines.setdefault(identity, row.line)
            if first != row.line:
                raise _Wrong("device", f"the sensor {'/'.join(identity)} is given in line {first} already")
            values = self._defaults_for(identity) | self._values(cells)
            _check_together(identity, values)
            if "gateway" in values:
                self._check_gateway(identity, values["gateway"], row.line)
            yield Sensor(identity, **values)
        except _Wrong as wrong:
            self._complain(row, wrong)

    def _complain(self, row: Row, wrong: _Wrong) -> None:
        self.problems.append(Problem((wrong.column,), str(wrong), Place(self.source, row.line)))

    def _check_names(self, cells: Mapping[str, str], levels: tuple[str, ...]) -> None:
        domain = cells["domain"]
        if domain not in DOMAINS:
            meant = nearest(domain, DOMAINS)
            hint = f"did you mean {meant}? " if meant else ""
            raise _Wrong("domain", f"{shown(domain)} is not a domain; {hint}allowed: {', '.join(DOMAINS)}")
        for column in (*levels, "quantity"):
            name = cells[column]
            if name in self.good_names:
                continue
            if fault := name_fault(name):
                raise _Wrong(column, f"{fault}; allowed: 1 to 128 bytes without control characters")
            if column != "quantity":
                if any(mark in name for mark in "/+#"):
                    raise _Wrong(column, f"{shown(name)} can't be a level of a topic: /, + and # are not allowed")
                self.good_names.add(name)

    def _defaults_for(self, identity: Identity) -> Values:
        if not self.defaults:
            return {}
        city, domain, zone, _, quantity = identity
        values: Values = {}
        for key in (("*", domain, "*", quantity), ("*", domain, zone, quantity), (city, domain, "*", quantity)):
            values |= self.defaults.get(key, ({}, 0))[0]
        return values | self.defaults.get((city, domain, zone, quantity), ({}, 0))[0]

    def _values(self, cells: Mapping[str, str]) -> Values:
        """The cells that are not empty, read."""
        values: Values = {}
        scale, offset = 1.0, 0.0
        if unit := cells.get("unit"):
            scale, offset = self._conversion(cells["domain"], cells["quantity"], unit)
            values["unit"] = unit
        for column in _RANGE:
            if text := cells.get(column):
                values[column] = _number(column, text) * scale + offset
        if text := cells.get("modulus"):
            # A count has no zero point to move: only the scale applies.
            values["modulus"] = _number("modulus", text) * scale
            if values["modulus"] <= 0:
                raise _Wrong("modulus", f"{shown(text)} is not allowed; allowed: above 0")
        for column, limit in (("lat", 90), ("lon", 180)):
            if text := cells.get(column):
                values[column] = _number(column, text)
                if abs(values[column]) > limit:
                    raise _Wrong(column, f"{shown(text)} is not allowed; allowed: degrees from -{limit} to {limit}")
        if text := cells.get("interval"):
            values["interval"] = self._interval(text)
        if text := cells.get("counter"):
            values["counter"] = _boolean(text, (cells["domain"], cells["quantity"]))
        if gateway := cells.get("gateway"):
            if fault := name_fault(gateway):
                raise _Wrong("gateway", fault)
            values["gateway"] = gateway
        if name := cells.get("name"):
            values["name"] = name
        return values

    def _conversion(self, domain: str, quantity: str, unit: str) -> tuple[float, float]:
        key = (domain, quantity, unit)
        if key not in self.scales:
            canonical = canonical_unit(domain, quantity)
            try:
                self.scales[key] = conversion(unit, canonical) if canonical else (1.0, 0.0)
            except UnitError as error:
                raise _Wrong("unit", str(error)) from error
        return self.scales[key]

    def _interval(self, text: str) -> int:
        if text not in self.intervals:
            try:
                ms = round(float(text) * 1000) if text.replace(".", "", 1).isdecimal() else parse_duration(text)
            except (ValueError, OverflowError):
                ms = 0
            if not 0 < ms <= _LONGEST_INTERVAL:
                allowed = "seconds, or a number with a unit, like 10s or 15m, at most 31d"
                raise _Wrong("interval", f"{shown(text)} is not allowed; allowed: {allowed}")
            self.intervals[text] = ms
        return self.intervals[text]

    def _check_gateway(self, identity: Identity, gateway: str, line: int) -> None:
        other, first = self.gateways.setdefault(Device(*identity[:4]), (gateway, line))
        if other != gateway:
            raise _Wrong("gateway", f"{shown(gateway)}, but the same device is behind {shown(other)} in line {first}")


def _check_together(identity: Identity, values: Values) -> None:
    """What no single cell shows, after the defaults are filled in."""
    given = [(column, values[column]) for column in _RANGE if column in values]
    for (lower, low), (upper, high) in pairwise(given):
        if low > high or (low == high and {lower, upper} in ({"min", "max"}, {"low", "high"})):
            raise _Wrong(
                upper, f"{high:g} is below {lower}, {low:g} (in canonical units); wanted: {' <= '.join(_RANGE)}"
            )
    if ("lat" in values) != ("lon" in values):
        raise _Wrong("lat", "lat and lon belong together; only one is given")
    always = (identity.domain, identity.quantity) in COUNTERS
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
