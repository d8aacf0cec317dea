"""The table of kinds, beside the rules whose patience its own follows."""

from config.thresholds.disaster import SeismicThresholds, SlopeThresholds
from processors.domains.disaster.air import _NOWCAST
from processors.incidents.rules import ANEW_MS, HOSTS
from processors.kinds import KINDS

HOUR = 3600.0


def test_a_silent_sensor_counts_for_as_long_as_its_rule_looks_back() -> None:
    assert KINDS["quake"].silent >= SeismicThresholds().longest + ANEW_MS / 1000, "and the word that it ended"
    assert KINDS["landslide"].silent == SlopeThresholds().span / 1000
    assert KINDS["air-quality"].silent == _NOWCAST * HOUR


def test_what_sensors_show_ends_though_they_die() -> None:
    """All but what nobody shows: what is told of whole zones, rivers and cities, and silence itself."""
    by_nobody = {"water-balance", "flood-warning", "unusual", "no-data", "gateway-lost", "alarm-flood"}
    assert {name for name, kind in KINDS.items() if not kind.silent} == by_nobody
    assert KINDS["unusual"].lasts > 0


def test_life_safety_is_taken_in_by_nothing() -> None:
    guests = {guest for host in HOSTS.values() for guest in host.kinds}
    assert not {guest for guest in guests if KINDS[guest].life_safety}
    assert all(KINDS[name].most == 2 for name, kind in KINDS.items() if kind.life_safety)
