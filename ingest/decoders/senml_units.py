"""SenML's units: the registry's secondary ones, what a unit measures, and the unit of a sum.

Sources: IANA's "SenML Units" (RFC 8428, section 12.1; RFC 8798) and "Secondary Units" (RFC 8798, section 3).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple


class Secondary(NamedTuple):
    """value * scale + offset is in the primary unit."""

    primary: str
    scale: Fraction
    offset: int = 0


SECONDARY: Final[dict[str, Secondary]] = {
    unit: Secondary(primary, Fraction(scale), offset)
    for unit, primary, scale, offset in (
        ("ms", "s", "1/1000", 0),
        ("min", "s", "60", 0),
        ("h", "s", "3600", 0),
        ("MHz", "Hz", "1000000", 0),
        ("kW", "W", "1000", 0),
        ("kVA", "VA", "1000", 0),
        ("kvar", "var", "1000", 0),
        ("Ah", "C", "3600", 0),
        ("Wh", "J", "3600", 0),
        ("kWh", "J", "3600000", 0),
        ("varh", "vars", "3600", 0),
        ("kvarh", "vars", "3600000", 0),
        ("kVAh", "VAs", "3600000", 0),
        ("Wh/km", "J/m", "3.6", 0),
        ("KiB", "B", "1024", 0),
        ("GB", "B", "1e9", 0),
        ("Mbit/s", "bit/s", "1000000", 0),
        ("B/s", "bit/s", "8", 0),
        ("MB/s", "bit/s", "8000000", 0),
        ("mV", "V", "1/1000", 0),
        ("mA", "A", "1/1000", 0),
        ("dBm", "dBW", "1", -30),
        ("ug/m3", "kg/m3", "1e-9", 0),
        ("mm/h", "m/s", "1/3600000", 0),
        ("m/h", "m/s", "1/3600", 0),
        ("ppm", "/", "1e-6", 0),
        ("/100", "/", "1/100", 0),
        ("/1000", "/", "1/1000", 0),
        ("hPa", "Pa", "100", 0),
        ("mm", "m", "1/1000", 0),
        ("cm", "m", "1/100", 0),
        ("km", "m", "1000", 0),
        ("km/h", "m/s", "5/18", 0),
    )
}
"""RFC 8798, table 3: units that are linear transformations of SenML's own. Packs with `bver` 26 say that
they use them (RFC 9100); others may as well."""

_MEASURES: Final[dict[str, str]] = {
    "m": "length",
    "kg": "mass",
    "g": "mass",
    "s": "duration",
    "A": "current",
    "K": "temperature",
    "Cel": "temperature",
    "cd": "luminous_intensity",
    "mol": "amount",
    "Hz": "frequency",
    "rad": "angle",
    "deg": "angle",
    "sr": "solid_angle",
    "N": "force",
    "Pa": "pressure",
    "J": "energy",
    "W": "power",
    "C": "charge",
    "V": "voltage",
    "F": "capacitance",
    "Ohm": "resistance",
    "S": "conductance",
    "Wb": "magnetic_flux",
    "T": "magnetic_flux_density",
    "H": "inductance",
    "lm": "luminous_flux",
    "lx": "illuminance",
    "Bq": "radioactivity",
    "Gy": "absorbed_dose",
    "Sv": "dose_equivalent",
    "kat": "catalytic_activity",
    "m2": "area",
    "m3": "volume",
    "l": "volume",
    "m/s": "velocity",
    "m/s2": "acceleration",
    "m3/s": "flow",
    "l/s": "flow",
    "W/m2": "irradiance",
    "cd/m2": "luminance",
    "bit": "information",
    "B": "information",
    "bit/s": "data_rate",
    "lat": "latitude",
    "lon": "longitude",
    "pH": "ph",
    "dB": "sound_level",
    "dBW": "power_level",
    "Bspl": "sound_level",
    "count": "count",
    "/": "ratio",
    "%": "ratio",
    "%RH": "humidity",
    "%EL": "battery",
    "EL": "battery_time",
    "1/s": "rate",
    "1/min": "rate",
    "beat/min": "heart_rate",
    "beats": "heart_beats",
    "S/m": "conductivity",
    "VA": "apparent_power",
    "VAs": "apparent_energy",
    "var": "reactive_power",
    "vars": "reactive_energy",
    "J/m": "energy_per_distance",
    "kg/m3": "concentration",
    "NTU": "turbidity",
}
"""What the units of IANA's registry measure, as far as their descriptions say."""


def measured(unit: str | None) -> str:
    """The quantity of a name that has none of its own."""
    if unit is None:
        return "value"
    secondary = SECONDARY.get(unit)
    return _MEASURES.get(secondary.primary if secondary else unit, "value")


_INTEGRALS: Final[dict[str, str]] = {
    "W": "J",
    "A": "C",
    "VA": "VAs",
    "var": "vars",
    "m3/s": "m3",
    "l/s": "l",
    "m/s": "m",
    "m/s2": "m/s",
    "bit/s": "bit",
    "1/s": "count",
    "Bq": "count",
    "Hz": "count",
    "/": "s",
}


def integral(unit: str | None) -> str | None:
    """The unit of a sum: that of the value multiplied by seconds (RFC 8428, section 4.2)."""
    return None if unit is None else _INTEGRALS.get(unit, f"{unit}*s")
