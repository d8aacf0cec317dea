"""Whose series a reading is: catalogue, table, rule; and that it stays so."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.admission import name_fault
from ingest.decoders.base import BOOLEAN, Reading
from ingest.decoders.table import Forgetful
from ingest.mapping.mapper import Company, Mapper, MappingFault, Target
from ingest.mapping.places import Placing
from ingest.mapping.sources import Sources
from telemetry.sensors import Sensor
from telemetry.series import Identity


def mapper(
    domain: str | None = "energy",
    form: str = "tasmota",
    sensors: Sequence[Sensor] = (),
    claims: Forgetful | None = None,
) -> Mapper:
    sources = Sources({sensor.identity: sensor for sensor in sensors})
    return Mapper(Placing(form, "3578", domain, "z"), sources, claims if claims is not None else Forgetful())


def message(one: Mapper, *sent: tuple[str, str | None], sensor: str = "m") -> list[Target]:
    readings: list[Reading] = [(sensor, key, 1.0, unit, None) for key, unit in sent]
    company = Company(readings, "tasmota")
    found = []
    for key, unit in sent:
        target = one.target((), sensor, (key, unit), company)
        one.settle(target)
        found.append(target)
    return found


def quantities(one: Mapper, *keys: str) -> list[str]:
    return [target.identity.quantity for target in message(one, *((key, None) for key in keys))]


def test_units_become_canonical() -> None:
    power, energy, other = message(mapper(), ("ENERGY.Power", "W"), ("ENERGY.Total", "kWh"), ("ENERGY.Period", "Wh"))
    assert power == Target(Identity("3578", "energy", "z", "m", "power"), 0.001, 0.0, "kW", "ENERGY.Power")
    assert (energy.identity.quantity, energy.scale, energy.unit) == ("energy", 1.0, "kWh")
    assert (other.identity.quantity, other.scale, other.unit) == ("ENERGY.Period", 1.0, "Wh")


def test_the_codes_are_those_of_the_message_s_format() -> None:
    for form, code, unit in (("senml-json", "C", "coulomb"), ("tasmota", "C", "degC"), ("ngsi-ld", "CEL", "degC")):
        company = Company([("m", "x", 1.0, code, None)], form)
        assert mapper().target((), "m", ("x", code), company).unit == unit


def test_a_name_that_says_its_unit() -> None:
    (found,) = message(mapper("water"), ("temp_f", None))
    assert (found.identity.quantity, found.unit) == ("temperature", "degC")
    assert 212 * found.scale + found.offset == pytest.approx(100)
    (found,) = message(mapper("water"), ("temp_f", "degC"))
    assert (found.scale, found.offset) == (1.0, 0.0)


def test_a_unit_that_does_not_fit() -> None:
    with pytest.raises(MappingFault) as caught:
        message(mapper(), ("power", "parsec"))
    assert caught.value.reason == "unit"
    (alias,) = message(mapper(), ("apower", "parsec"))
    assert (alias.identity.quantity, alias.unit, alias.scale) == ("apower", "parsec", 1.0)
    (extra,) = message(mapper(), ("humidity", "parsec"))
    assert (extra.identity.quantity, extra.unit) == ("humidity", "parsec")


def test_a_quantity_of_another_domain_by_its_unit() -> None:
    power, factor = message(mapper("water"), ("ENERGY.Power", "W"), ("ENERGY.Factor", None))
    assert (power.identity.domain, power.identity.quantity, power.unit) == ("water", "power", "kW")
    assert factor.identity.quantity == "ENERGY.Factor"
    (level,) = message(mapper("water"), ("level", "%"))
    assert (level.identity.quantity, level.unit) == ("fill", "%")


def test_of_several_names_the_highest_row_has_the_quantity() -> None:
    assert quantities(mapper(), "tF", "tC") == ["tF", "temperature"]
    assert quantities(mapper(), "tC", "temperature") == ["tC", "temperature"]
    assert quantities(mapper(), "emeters.0.power", "emeters.1.power") == ["emeters.0.power", "emeters.1.power"]


def test_a_claim_holds_through_messages_and_restarts() -> None:
    claims = Forgetful()
    assert quantities(mapper(claims=claims), "AM2301.Temperature") == ["temperature"]
    again = mapper(claims=claims)
    assert quantities(again, "BMP280.Temperature") == ["BMP280.Temperature"]
    assert quantities(again, "BMP280.Temperature", "AM2301.Temperature") == ["BMP280.Temperature", "temperature"]
    assert again.version == 0
    assert quantities(again, "temperature") == ["temperature"]
    assert again.version == 1
    assert quantities(again, "AM2301.Temperature") == ["AM2301.Temperature"]


def test_nothing_is_claimed_that_is_not_settled() -> None:
    claims = Forgetful()
    mapper(claims=claims).target((), "m", ("temp", None), Company([("m", "temp", 1.0, None, None)], "tasmota"))
    assert not claims.facts


METER = Identity("3578", "water", "gubeng", "meter-17", "volume")


def test_the_catalogues_key_scale_and_offset() -> None:
    one = mapper("water", sensors=[Sensor(METER, source="a8", key="pulses", scale=10.0, offset=5.0, unit="L")])
    pulses, other, volume = message(one, ("pulses", "count"), ("temp", "degC"), ("volume", "m3"), sensor="a8")
    assert (pulses.identity, pulses.scale, pulses.offset, pulses.unit) == (METER, 0.01, 0.005, "m3")
    assert other.identity == METER._replace(quantity="temperature")
    assert volume.identity == METER._replace(quantity="volume")


def test_a_key_without_scale_takes_the_messages_unit_before_the_lines() -> None:
    one = mapper("water", sensors=[Sensor(METER, source="a8", key="v", unit="L")])
    assert message(one, ("v", None), sensor="a8")[0].scale == 0.001
    assert message(one, ("v", "m3"), sensor="a8")[0].scale == 1.0
    with pytest.raises(MappingFault, match="kg"):
        message(one, ("v", "kg"), sensor="a8")


def test_a_device_that_stands_in_the_catalogue_under_its_own_name() -> None:
    sensors = [
        Sensor(METER),
        Sensor(METER._replace(zone="other", device="twice")),
        Sensor(METER._replace(device="twice")),
        Sensor(METER._replace(quantity="colour", device="c"), unit="kW"),
    ]
    one = mapper("water", sensors=sensors)
    assert message(one, ("flow", None), sensor="meter-17")[0].identity.zone == "gubeng"
    assert message(one, ("flow", None), sensor="twice")[0].identity.zone == "z"
    (colour,) = message(one, ("colour", "W"), sensor="c")
    assert (colour.identity.zone, colour.scale, colour.unit) == ("gubeng", 0.001, "kW")


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("order", [1, -1])
def test_a_name_that_is_nadis_own_shares_its_series_with_no_other(together: bool, order: int) -> None:
    """Also where it stands as it came, without a unit in a domain that is not its own."""
    one = mapper("water")
    sent: list[tuple[str, str | None]] = [("power", None), ("ENERGY.Power", "W")][::order]
    if together:
        message(one, *sent)
    else:
        for each in sent:
            message(one, each)
    again = {key: target for (key, _), target in zip(sent, message(one, *sent), strict=True)}
    assert (again["power"].identity.quantity, again["power"].unit) == ("power", None)
    assert (again["ENERGY.Power"].identity.quantity, again["ENERGY.Power"].unit) == ("ENERGY.Power", "W")


def test_fields_of_places() -> None:
    placing = Placing("tts", "{city}", "water", "{2}.{gateway}.{format}", [("a*", None, "{x}")])
    context = placing.context("v3/app/devices", {"city": "3578", "x": ""}, "gw/1")
    assert placing.spot(context, "b") == ("3578", "water", "app.gw|1.tts")
    assert placing.spot(context, "a1") == ("3578", "water", "unknown")
    assert placing.city_in(context) == "3578"


keys = st.sampled_from(["temp", "temperature", "tC", "x", "ENERGY.Power", "power", " ", "a\nb", "é" * 80]) | st.text(
    max_size=8
)
units = st.none() | st.sampled_from(["W", "degC", "%", "zz", ""]) | st.text(max_size=4)


@given(
    st.lists(st.tuples(keys, units), min_size=1, max_size=6),
    st.sampled_from([None, "water", "energy", "waste", "disaster"]),
    st.text(max_size=5),
)
def test_whatever_is_sent_is_placed_or_refused_and_no_two_names_are_one_series(
    sent: list[tuple[str, str | None]], domain: str | None, sensor: str
) -> None:
    one = mapper(domain)
    company = Company([(sensor, key, 1.0, unit, None) for key, unit in sent], "senml-json")
    taken: dict[Identity, str] = {}
    for key, unit in dict.fromkeys(sent):
        target = placed(one, sensor, (key, unit), company)
        if target is None:
            continue
        one.settle(target)
        for name in target.identity[3:]:
            assert name_fault(name) is None
        again = one.target((), sensor, (key, unit), company)
        assert again._replace(claim=None) == target._replace(claim=None)
        assert taken.setdefault(target.identity, key) == key


def placed(one: Mapper, sensor: str, sent: tuple[str, str | None], company: Company) -> Target | None:
    """None where it is refused, with one of the contract's words."""
    with contextlib.suppress(MappingFault):
        return one.target((), sensor, sent, company)
    with pytest.raises(MappingFault) as caught:
        one.target((), sensor, sent, company)
    assert caught.value.reason in ("schema", "unit")
    assert len(str(caught.value)) < 500
    return None


def test_a_standard_may_count_a_name_otherwise_than_others_do() -> None:
    """Smart Data Models: relative humidity and battery level from 0 to 1; a unitCode goes before that."""
    one = mapper(domain=None, form="ngsi-ld")
    readings: list[Reading] = [("m", "relativeHumidity", 0.54, None, None), ("n", "batteryLevel", 75.0, "P1", None)]
    company = Company(readings, "ngsi-ld")
    humidity = one.target((), "m", ("relativeHumidity", None), company)
    assert (humidity.identity.quantity, humidity.scale, humidity.unit) == ("humidity", 100.0, "%")
    assert one.target((), "n", ("batteryLevel", "P1"), company).scale == 1.0
    tasmota = mapper(domain=None).target((), "m", ("relativeHumidity", None), Company(readings, "tasmota"))
    assert tasmota.scale == 1.0


def test_booleans_keep_their_names_unless_the_catalogue_says_more() -> None:
    power, own, door = message(mapper(), ("light.power", BOOLEAN), ("power", BOOLEAN), ("door", BOOLEAN))
    assert [found.identity.quantity for found in (power, own, door)] == ["light.power", "power.state", "door"]
    assert {found.unit for found in (power, own, door)} == {None}
    line = Sensor(Identity("3578", "energy", "z", "m", "power"), unit="kW", key="light.power")
    (power,) = message(mapper(sensors=[line]), ("light.power", BOOLEAN))
    assert power.identity == line.identity


@pytest.mark.parametrize(
    ("value", "quantity", "unit", "scale"),
    [
        (98.0, "battery", "%", 1.0),
        (100.0, "battery", "%", 1.0),
        (3250.0, "battery_voltage", "V", 0.001),
        (12.5, "Node.Battery", None, 1.0),
        (255.0, "Node.Battery", None, 1.0),
        (-1.0, "Node.Battery", None, 1.0),
    ],
)
def test_a_battery_without_a_unit_is_told_by_its_size(value: float, quantity: str, unit: str, scale: float) -> None:
    company = Company([("m", "Node.Battery", value, None, None)], "sparkplug")
    found = mapper().target((), "m", ("Node.Battery", None), company)
    assert (found.identity.quantity, found.unit, found.scale) == (quantity, unit, scale)


def test_a_battery_with_a_unit_is_what_it_says() -> None:
    (found,) = message(mapper(), ("battery", "V"))
    assert (found.identity.quantity, found.unit) == ("battery_voltage", "V")


def test_the_energy_of_a_shelly_em_is_its_total_whichever_comes_first() -> None:
    one = mapper(form="shelly")
    found = [message(one, sent)[0] for sent in (("emeter.0.energy", "Wmin"), ("emeter.0.total", "Wh"))]
    assert [each.identity.quantity for each in found] == ["emeter.0.energy", "energy"]
    assert message(mapper(), ("relay.0.energy", "Wmin"))[0].identity.quantity == "energy"


def test_the_canonical_unit_of_two_has_the_name() -> None:
    for sent in (
        (("temperature:0.tC", "C"), ("temperature:0.tF", "F")),
        (("temperature", "C"), ("temperature_f", "F")),
    ):
        for order in (sent, sent[::-1]):
            found = {key: each for (key, _), each in zip(order, message(mapper(), *order), strict=True)}
            assert found[sent[0][0]].identity.quantity == "temperature"
            assert found[sent[1][0]].identity.quantity == sent[1][0]


def test_of_two_names_of_one_row_that_with_a_unit_is_surer() -> None:
    normalised, own = message(mapper(), ("air.temperature", "degC"), ("temp", None))
    assert [found.identity.quantity for found in (normalised, own)] == ["temperature", "temp"]
