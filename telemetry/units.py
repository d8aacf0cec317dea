"""Units: which one each canonical quantity is kept in, and how others convert to it.

Factors are exact by definition (SI brochure, 9th edition; NIST SP 811, appendix B), kept as
fractions so that a conversion is rounded once. Metres of water are conventional: 1,000 kg/m3
and 9.80665 m/s2. FNU is taken as NTU: both are calibrated with the same formazin.

A spelling may stand for several units ("g": gravity or gram; "m": length or head of water);
the unit to convert to decides, and units of different dimensions never convert.
"""

from __future__ import annotations

import math
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import Final, NamedTuple

CANONICAL: Final[dict[tuple[str, str], str]] = {
    ("water", "flow"): "L/s",
    ("water", "pressure"): "kPa",
    ("water", "level"): "m",
    ("water", "volume"): "m3",
    ("water", "turbidity"): "NTU",
    ("water", "ph"): "pH",
    ("water", "chlorine"): "mg/L",
    ("water", "temperature"): "degC",
    ("energy", "power"): "kW",
    ("energy", "energy"): "kWh",
    ("energy", "voltage"): "V",
    ("energy", "current"): "A",
    ("energy", "frequency"): "Hz",
    ("energy", "power_factor"): "1",
    ("energy", "thd"): "%",
    ("waste", "fill"): "%",
    ("waste", "weight"): "kg",
    ("waste", "temperature"): "degC",
    ("waste", "tilt"): "deg",
    ("disaster", "river_level"): "cm",
    ("disaster", "rainfall"): "mm",
    ("disaster", "pga"): "cm/s2",
    ("disaster", "displacement"): "mm",
    ("disaster", "tilt"): "deg",
    ("disaster", "soil_moisture"): "%",
    ("disaster", "pm25"): "ug/m3",
    ("disaster", "pm10"): "ug/m3",
    ("disaster", "tide"): "cm",
}
"""The unit that each canonical (domain, quantity) is stored in."""


class UnitError(ValueError):
    """A unit that is unknown, or that can't become the one asked for."""


class _Linear(NamedTuple):
    """In the dimension's base unit: value * scale + offset."""

    scale: Fraction
    offset: Fraction = Fraction(0)


def _scales(units: dict[str, str | Fraction]) -> dict[str, _Linear]:
    return {unit: _Linear(Fraction(scale)) for unit, scale in units.items()}


_GALLON = Fraction("3.785411784")
_FOOT = Fraction("0.3048")

_DIMENSIONS: Final[dict[str, dict[str, _Linear]]] = {
    "flow": _scales(
        {
            "L/s": "1",
            "L/min": "1/60",
            "L/h": "1/3600",
            "m3/s": "1000",
            "m3/min": "50/3",
            "m3/h": "5/18",
            "m3/d": "5/432",
            "GPM": _GALLON / 60,
        }
    ),
    "length": _scales({"m": "1", "mm": "0.001", "cm": "0.01", "km": "1000", "um": "1e-6", "in": "0.0254", "ft": _FOOT}),
    "pressure": _scales(
        {
            "kPa": "1",
            "Pa": "0.001",
            "hPa": "0.1",
            "MPa": "1000",
            "bar": "100",
            "mbar": "0.1",
            "atm": "101.325",
            "psi": "6.894757293168361",
            "mH2O": "9.80665",
            "m": "9.80665",
            "cmH2O": "0.0980665",
            "kgf/cm2": "98.0665",
            "mmHg": "0.133322387415",
        }
    ),
    "volume": _scales({"m3": "1", "L": "0.001", "mL": "1e-6", "gal": _GALLON / 1000, "ft3": _FOOT**3}),
    "power": _scales({"kW": "1", "W": "0.001", "mW": "1e-6", "MW": "1000"}),
    "energy": _scales(
        {
            "kWh": "1",
            "Wh": "0.001",
            "mWh": "1e-6",
            "MWh": "1000",
            "Wmin": "1/60000",
            "J": "1/3600000",
            "kJ": "1/3600",
            "MJ": "5/18",
        }
    ),
    "voltage": _scales({"V": "1", "mV": "0.001", "kV": "1000"}),
    "current": _scales({"A": "1", "mA": "0.001", "kA": "1000"}),
    "frequency": _scales({"Hz": "1", "kHz": "1000"}),
    "temperature": {
        "degC": _Linear(Fraction(1)),
        "degF": _Linear(Fraction(5, 9), Fraction(-160, 9)),
        "K": _Linear(Fraction(1), Fraction("-273.15")),
    },
    "mass": _scales({"kg": "1", "g": "0.001", "mg": "1e-6", "t": "1000", "lb": "0.45359237"}),
    "angle": _scales({"deg": "1", "rad": Fraction(180) / Fraction(math.pi)}),
    "acceleration": _scales({"cm/s2": "1", "gal": "1", "m/s2": "100", "g": "980.665", "mg": "0.980665"}),
    "mass per volume": _scales(
        {"mg/L": "1", "ug/L": "0.001", "kg/m3": "1000", "g/m3": "1", "mg/m3": "0.001", "ug/m3": "1e-6"}
    ),
    "content of water": _scales({"mg/L": "1", "ug/L": "0.001", "kg/m3": "1000", "ppm": "1", "ppb": "0.001"}),
    "ratio": _scales({"1": "1", "%": "0.01"}),
    "turbidity": _scales({"NTU": "1", "FNU": "1"}),
    "apparent power": _scales({"kVA": "1", "VA": "0.001", "MVA": "1000"}),
    "reactive power": _scales({"kvar": "1", "var": "0.001", "Mvar": "1000"}),
    "speed": _scales({"m/s": "1", "km/h": "5/18", "kn": "463/900", "mph": "0.44704"}),
    "level of power": _scales({"dBm": "1"}),
    "level": _scales({"dB": "1"}),
    "illuminance": _scales({"lx": "1"}),
    "acidity": _scales({"pH": "1"}),
}

_SPELLINGS: Final[dict[str, str]] = {
    "L/s": "lps L/sec L/det L/dt L/detik liter/s liter/detik liter/sec",
    "L/min": "lpm L/mnt L/menit liter/min liter/menit",
    "L/h": "lph L/hr L/jam liter/h liter/jam",
    "m3/s": "m3/sec m3/det m3/detik cms",
    "m3/min": "m3/mnt m3/menit",
    "m3/h": "m3/hr m3/hour m3/jam cmh",
    "m3/d": "m3/day m3/hari cmd",
    "GPM": "gal/min",
    "psi": "psig",
    "bar": "barg",
    "mH2O": "mwc mca mka mhead",
    "kgf/cm2": "kg/cm2",
    "m3": "cum",
    "L": "liter litre liters litres",
    "mL": "ml",
    "m": "meter metre meters metres",
    "in": "inch inches",
    "ft": "feet foot",
    "degC": "C oC celsius",
    "degF": "F oF fahrenheit",
    "K": "kelvin",
    "kg": "kgs",
    "t": "ton tonne tonnes",
    "lb": "lbs",
    "deg": "degree degrees derajat",
    "cm/s2": "cm/s/s",
    "m/s2": "m/s/s",
    "ug/m3": "mcg/m3",
    "ug/L": "mcg/L",
    "1": "fraction ratio pu m3/m3",
    "%": "percent pct persen %vol %vwc",
    "NTU": "FTU",
}
"""Other ways to write a unit, after `_plain`; all of them in any case."""

_CASE_MATTERS: Final = frozenset({"mw", "mpa", "mwh", "mj", "mv", "ma"})
"""Milli or mega: a factor of 1e9, so never guessed from another case."""

_LONGEST = 32


def _plain(unit: str) -> str:
    """One way to write what looks alike: µ and μ, °C, m³, m^3, spaces."""
    text = unicodedata.normalize("NFKC", unit).replace("\u03bc", "u").replace("^", "").replace("°", "deg")
    return "".join(text.split())


def _exact() -> dict[str, str]:
    spelled = {unit: unit for units in _DIMENSIONS.values() for unit in units}
    for unit, others in _SPELLINGS.items():
        spelled.update(dict.fromkeys(others.split(), unit))
    return spelled


def _folded(exact: dict[str, str]) -> dict[str, str]:
    folded: dict[str, str] = {}
    for spelling, unit in exact.items():
        key = spelling.casefold()
        if key in _CASE_MATTERS:
            continue
        if folded.setdefault(key, unit) != unit:
            raise AssertionError(f"{spelling!r} reads as {folded[key]} or {unit}")
    return folded


_EXACT: Final = _exact()
_FOLDED: Final = _folded(_EXACT)


def _resolve(unit: str) -> str | None:
    if len(unit) > _LONGEST:
        return None
    text = _plain(unit)
    return _EXACT.get(text) or _FOLDED.get(text.casefold())


def canonical_unit(domain: str, quantity: str) -> str | None:
    """The unit in which this quantity is stored; None for one that is kept as it comes."""
    return CANONICAL.get((domain, quantity))


def spelled_as(unit: str) -> str | None:
    """nadi's spelling of a unit; None for one that it does not know."""
    return _resolve(unit)


def known(unit: str) -> bool:
    """Whether `unit` is a spelling that `conversion` understands."""
    return _resolve(unit) is not None


def _unknown(unit: str) -> UnitError:
    shown = unit if len(unit) <= _LONGEST else unit[:_LONGEST] + "…"
    if _plain(unit[:_LONGEST]).casefold() in _CASE_MATTERS:
        return UnitError(f"unit {shown!r} could be milli or mega; write the m small or large and the rest in its case")
    return UnitError(f"unit {shown!r} is not known")


def _related(unit: str) -> str:
    """All that converts to `unit`, for error messages."""
    found = [other for units in _DIMENSIONS.values() if unit in units for other in units]
    return ", ".join(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def conversion(from_unit: str, to_unit: str) -> tuple[float, float]:
    """(scale, offset) so that `value * scale + offset` is in `to_unit`.

    Raises UnitError, naming the unit and what can be converted, when either is unknown or
    the two are of different dimensions.
    """
    target = _resolve(to_unit)
    if target is None:
        raise _unknown(to_unit)
    source = _resolve(from_unit)
    if source is None:
        raise UnitError(f"{_unknown(from_unit)}; {target} takes {_related(target)}")
    for units in _DIMENSIONS.values():
        if source in units and target in units:
            given, wanted = units[source], units[target]
            scale = given.scale / wanted.scale
            return float(scale), float((given.offset - wanted.offset) / wanted.scale)
    raise UnitError(f"unit {from_unit!r} does not convert to {target}; allowed are {_related(target)}")
