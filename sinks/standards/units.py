"""nadi's units as the standards write them.

Sources: IANA's SenML units (RFC 8428, section 12.1; RFC 8798), UN/CEFACT Recommendation 20, UCUM 2.1.
What the registries advise against (`l/s`, `%`) is not used where they have another word.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from telemetry.units import canonical_unit


class Word(NamedTuple):
    """One unit. value * times / over is in the SenML unit; secondary: it is one of RFC 8798's, which a pack
    announces with `bver` 26 (RFC 9100). None where a standard has no word for it."""

    senml: str
    times: int
    over: int
    secondary: bool
    unece: str | None
    ucum: str
    name: str


WORDS: Final[dict[str, Word]] = {
    "L/s": Word("m3/s", 1, 1000, False, "G51", "L/s", "litre per second"),
    "kPa": Word("Pa", 1000, 1, False, "KPA", "kPa", "kilopascal"),
    "m": Word("m", 1, 1, False, "MTR", "m", "metre"),
    "m3": Word("m3", 1, 1, False, "MTQ", "m3", "cubic metre"),
    "NTU": Word("NTU", 1, 1, False, None, "{NTU}", "nephelometric turbidity unit"),
    "pH": Word("pH", 1, 1, False, "Q30", "[pH]", "pH"),
    "mg/L": Word("kg/m3", 1, 1000, False, "M1", "mg/L", "milligram per litre"),
    "degC": Word("Cel", 1, 1, False, "CEL", "Cel", "degree Celsius"),
    "kW": Word("kW", 1, 1, True, "KWT", "kW", "kilowatt"),
    "kWh": Word("kWh", 1, 1, True, "KWH", "kW.h", "kilowatt hour"),
    "V": Word("V", 1, 1, False, "VLT", "V", "volt"),
    "A": Word("A", 1, 1, False, "AMP", "A", "ampere"),
    "Hz": Word("Hz", 1, 1, False, "HTZ", "Hz", "hertz"),
    "1": Word("/", 1, 1, False, "C62", "1", "one"),
    "%": Word("/100", 1, 1, True, "P1", "%", "percent"),
    "kg": Word("kg", 1, 1, False, "KGM", "kg", "kilogram"),
    "deg": Word("deg", 1, 1, False, "DD", "deg", "degree"),
    "cm": Word("cm", 1, 1, True, "CMT", "cm", "centimetre"),
    "mm": Word("mm", 1, 1, True, "MMT", "mm", "millimetre"),
    "cm/s2": Word("m/s2", 1, 100, False, "A76", "cm/s2", "centimetre per second squared"),
    "ug/m3": Word("ug/m3", 1, 1, True, "GQ", "ug/m3", "microgram per cubic metre"),
}
"""By nadi's unit. A76 is the galileo, which is cm/s2."""


def word_of(domain: str, quantity: str) -> Word | None:
    """The unit in which the quantity is stored; None where nadi keeps it as it comes."""
    unit = canonical_unit(domain, quantity)
    return None if unit is None else WORDS[unit]
