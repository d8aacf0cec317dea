"""The table: sound as a whole, and right for the names that people send."""

from __future__ import annotations

import pytest

from config.formats import FormatName
from ingest.mapping.table import CODES, EXTRA, NAMES, candidates, home, plain, spelling
from telemetry.series import DOMAINS
from telemetry.units import CANONICAL, canonical_unit, conversion, known

QUANTITIES = {quantity for _, quantity in CANONICAL} | set(EXTRA)


def test_every_row_is_of_a_domain_that_has_the_quantity() -> None:
    for domains, quantity, implied, names in NAMES:
        assert quantity in QUANTITIES
        for domain in domains.split():
            assert domain == "*" or canonical_unit(domain, quantity) or quantity in EXTRA, (domain, quantity)
        if implied is not None:
            unit = next(
                (canonical_unit(domain, quantity) for domain in DOMAINS if canonical_unit(domain, quantity)), None
            )
            conversion(implied, unit or EXTRA[quantity])
        assert names.split()


def test_every_quantity_of_the_contract_has_a_row_with_its_own_name() -> None:
    own = {quantity for _, quantity, _, names in NAMES if plain(quantity) in map(plain, names.split())}
    assert own >= QUANTITIES


def test_no_name_stands_twice_in_a_row_or_in_rows_that_are_alike() -> None:
    seen: set[tuple[str, str, str | None, str]] = set()
    for domains, quantity, implied, names in NAMES:
        for name in names.split():
            row = domains, quantity, implied, plain(name)
            assert row not in seen
            seen.add(row)


@pytest.mark.parametrize("form", CODES)
def test_codes_lead_to_units_that_nadi_knows(form: FormatName) -> None:
    strange = {"coulomb", "farad", "bel", "tesla", "henry", "siemens", "newton", "g/m"}
    for codes in CODES[form]:
        assert {unit for unit in codes.values() if not known(unit)} <= strange


@pytest.mark.parametrize(
    ("form", "code", "unit"),
    [
        ("senml-json", "Cel", "degC"),
        ("senml-json", "C", "coulomb"),
        ("senml-cbor", "/", "1"),
        ("ngsi-ld", "CEL", "degC"),
        ("ngsi-ld", "G52", "m3/d"),
        ("ngsi-ld", "XYZ", "XYZ"),
        ("sensorthings", "kW.h", "kWh"),
        ("sensorthings", "GQ", "ug/m3"),
        ("influx", "[degF]", "degF"),
        ("tasmota", "C", "C"),
    ],
)
def test_unit_codes(form: str, code: str, unit: str) -> None:
    assert spelling(form, code) == unit


@pytest.mark.parametrize(
    ("domain", "key", "first"),
    [
        ("energy", "ENERGY.Power", "power"),
        ("energy", "emeter.0.total", "energy"),
        ("energy", "switch:0.aenergy.total", "energy"),
        ("energy", "switch:0.ret_aenergy.total", None),
        ("energy", "peak.power", None),
        ("energy", "power.peak", None),
        ("water", "temperatureSensor.1", "temperature"),
        ("water", "Water Level", "level"),
        ("water", "total", "volume"),
        ("water", "today.total", None),
        ("energy", "total", "energy"),
        ("disaster", "waterLevel", "river_level"),
        ("waste", "https://w3id.org/saref#fillingLevel", "fill"),
        ("disaster", "PMS5003.PM2.5", "pm25"),
        ("disaster", "colour", None),
        ("disaster", "", None),
        ("disaster", "1.2.3", None),
    ],
)
def test_names(domain: str, key: str, first: str | None) -> None:
    found = [known for known in candidates(domain, key) if known.at_home]
    assert (found[0].quantity if found else None) == first


def test_a_name_of_another_domain_comes_last() -> None:
    assert [known.at_home for known in candidates("water", "level")] == [True, False, False]
    assert [known.quantity for known in candidates("water", "level")] == ["level", "fill", "river_level"]
    assert home("power", None) == "energy"
    assert home("humidity", None) == ""
    assert home("power", "water") == "water"
