"""Units: worked numbers, spellings, and what must never convert."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.series import DOMAINS
from telemetry.units import CANONICAL, UnitError, canonical_unit, conversion, known


def convert(value: float, from_unit: str, to_unit: str) -> float:
    scale, offset = conversion(from_unit, to_unit)
    return value * scale + offset


WORKED = [
    (3.6, "m3/h", "L/s", 1.0),
    (60, "L/min", "L/s", 1.0),
    (0.25, "m3/s", "L/s", 250.0),
    (100, "GPM", "L/s", 6.30901964),
    (3.2, "bar", "kPa", 320.0),
    (850, "mbar", "kPa", 85.0),
    (45, "psi", "kPa", 310.2640782),
    (0.4, "MPa", "kPa", 400.0),
    (310_200, "Pa", "kPa", 310.2),
    (30, "mH2O", "kPa", 294.1995),
    (30, "m", "kPa", 294.1995),
    (1500, "W", "kW", 1.5),
    (1.2, "MW", "kW", 1200.0),
    (250, "mW", "kW", 0.00025),
    (3_600_000, "J", "kWh", 1.0),
    (2.5, "MWh", "kWh", 2500.0),
    (500, "Wh", "kWh", 0.5),
    (212, "degF", "degC", 100.0),
    (-40, "degF", "degC", -40.0),
    (300, "K", "degC", 26.85),
    (185, "mm", "cm", 18.5),
    (1.4, "m", "cm", 140.0),
    (2, "in", "mm", 50.8),
    (3, "ft", "m", 0.9144),
    (0.87, "fraction", "%", 87.0),
    (93, "%", "1", 0.93),
    (3.141592653589793, "rad", "deg", 180.0),
    (0.1, "g", "cm/s2", 98.0665),
    (1.5, "m/s2", "cm/s2", 150.0),
    (12, "gal", "cm/s2", 12.0),
    (0.035, "mg/m3", "ug/m3", 35.0),
    (400, "ug/L", "mg/L", 0.4),
    (0.4, "ppm", "mg/L", 0.4),
    (1000, "L", "m3", 1.0),
    (100, "lb", "kg", 45.359237),
    (1.2, "t", "kg", 1200.0),
    (20, "kV", "V", 20_000.0),
    (230_000, "mV", "V", 230.0),
    (5000, "mA", "A", 5.0),
    (0.05, "kHz", "Hz", 50.0),
    (2.1, "FNU", "NTU", 2.1),
]


@pytest.mark.parametrize(("value", "from_unit", "to_unit", "expected"), WORKED)
def test_worked_numbers(value: float, from_unit: str, to_unit: str, expected: float) -> None:
    assert convert(value, from_unit, to_unit) == pytest.approx(expected, rel=1e-9)


SPELLINGS = [
    ("m³/h", "m3/h"),
    ("m^3/h", "m3/h"),
    ("m3/jam", "m3/h"),
    ("l/s", "L/s"),
    ("lps", "L/s"),
    ("liter/detik", "L/s"),
    ("LPM", "L/min"),
    ("gpm", "GPM"),
    ("kpa", "kPa"),
    ("KPA", "kPa"),
    ("Bar", "bar"),
    ("m H2O", "mH2O"),
    ("mka", "mH2O"),
    ("KW", "kW"),
    ("kwh", "kWh"),
    ("°C", "degC"),
    ("℃", "degC"),
    ("C", "degC"),
    ("°F", "degF"),
    ("°", "deg"),
    ("µg/m³", "ug/m3"),
    ("μg/m3", "ug/m3"),
    ("mg/l", "mg/L"),
    ("m/s²", "m/s2"),
    ("Gal", "gal"),
    (" % ", "%"),
    ("persen", "%"),
    ("HZ", "Hz"),
    ("v", "V"),
    ("ntu", "NTU"),
    ("ml", "mL"),
]


@pytest.mark.parametrize(("written", "unit"), SPELLINGS)
def test_spellings_of_one_unit(written: str, unit: str) -> None:
    assert known(written)
    assert conversion(written, unit) == (1.0, 0.0)


@pytest.mark.parametrize("written", ["mw", "Mw", "MPA", "mpa", "MWH", "mwh", "mv", "ma", "MA", "mj"])
def test_milli_or_mega_is_never_guessed(written: str) -> None:
    assert not known(written)
    with pytest.raises(UnitError, match=r"milli or mega"):
        conversion(written, "kW")


def test_the_target_decides_between_units_of_one_spelling() -> None:
    assert convert(1, "g", "kg") == 0.001
    assert convert(1, "g", "cm/s2") == 980.665
    assert convert(1, "m", "cm") == 100.0
    assert convert(1, "m", "kPa") == 9.80665
    assert convert(1, "gal", "L") == pytest.approx(3.785411784)


@pytest.mark.parametrize(
    ("from_unit", "to_unit"),
    [("kW", "kWh"), ("L", "L/s"), ("kPa", "m3/h"), ("ppm", "ug/m3"), ("%", "mg/L"), ("degC", "deg"), ("pH", "1")],
)
def test_dimensions_do_not_mix(from_unit: str, to_unit: str) -> None:
    with pytest.raises(UnitError, match="does not convert"):
        conversion(from_unit, to_unit)


def test_errors_name_the_unit_and_what_is_allowed() -> None:
    with pytest.raises(UnitError, match=r"'furlong' is not known; m takes m, mm, cm, km, um, in, ft, kPa, "):
        conversion("furlong", "m")
    with pytest.raises(UnitError, match=r"'kWh' does not convert to kW; allowed are kW, W, mW, MW"):
        conversion("kWh", "kW")


@pytest.mark.parametrize("unit", ["", " ", "L" * 100_000, "\x00", "m\u0301", "None", "kPa/"])
def test_nonsense_is_unknown_and_shortened(unit: str) -> None:
    assert not known(unit)
    with pytest.raises(UnitError) as caught:
        conversion(unit, "kPa")
    assert len(str(caught.value)) < 250


def test_every_canonical_unit_is_known_and_written_one_way() -> None:
    for (domain, _), unit in CANONICAL.items():
        assert domain in DOMAINS
        assert conversion(unit, unit) == (1.0, 0.0)
    assert canonical_unit("water", "flow") == "L/s"
    assert canonical_unit("water", "odour") is None
    assert canonical_unit("energy", "temperature") is None


PAIRS = st.sampled_from([(from_unit, to_unit) for _, from_unit, to_unit, _ in WORKED])


@given(PAIRS, st.floats(-1e9, 1e9))
def test_there_and_back(pair: tuple[str, str], value: float) -> None:
    there = convert(value, *pair)
    assert convert(there, pair[1], pair[0]) == pytest.approx(value, rel=1e-9, abs=1e-6)


@given(PAIRS, st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_order_is_kept(pair: tuple[str, str], one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert convert(low, *pair) <= convert(high, *pair)
