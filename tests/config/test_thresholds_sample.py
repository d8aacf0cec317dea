"""The thresholds' sample and reference page are what the models say; what is wrong is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.thresholds import Thresholds, load_thresholds
from config.thresholds.sample import REFERENCE, SAMPLE, reference, sample
from telemetry.errors import SettingsError

COMMENTED = re.compile(r"(?m)^( *)#((?:  )?[\w/]+:)")
"""A key that is commented out; comments in words have one space after their sign."""


def test_the_files_in_the_repository_are_up_to_date() -> None:
    hint = "run: .venv/bin/python -m config.sample"
    assert SAMPLE.read_text() == sample(), hint
    assert REFERENCE.read_text() == reference(), hint


def test_the_sample_is_valid_as_it_stands_and_changes_nothing() -> None:
    assert load_thresholds(SAMPLE) == Thresholds()


def test_every_key_of_the_sample_says_its_real_default(tmp_path: Path) -> None:
    spelt = tmp_path / "thresholds.yaml"
    spelt.write_text(COMMENTED.sub(r"\1\2", sample()))
    read = load_thresholds(spelt)
    assert read.sites == {"3578/Genteng": {"water": {"night": {"population": "12000"}}}}
    assert read.at("3578", "Genteng").water.night.population == 12_000
    defaults = Thresholds()
    for domain in ("water", "energy", "waste", "disaster"):
        assert getattr(read, domain) == getattr(defaults, domain), domain
        assert getattr(read, domain).model_fields_set == set(type(getattr(read, domain)).model_fields)


def test_every_threshold_says_what_it_means() -> None:
    rows = [line for line in reference().splitlines() if line.startswith("| `")]
    assert len(rows) > 80
    assert [row for row in rows if row.endswith("|  |")] == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["water.night.begins=22"], "water.night: .*begins must lie below ends"),
        (["disaster.seismic.off=5"], "disaster.seismic: .*off must not lie above on"),
        (["disaster.air.clears=120"], "disaster.air: .*clears must not lie above unhealthy"),
        (["disaster.air.pm25=[0, 15, 55, 50, 250, 500]"], "disaster.air: .*pm25 must rise"),
        (["disaster.rain.classes=[1, 20, 50, 150, 100]"], "disaster.rain: .*classes must rise"),
        (["energy.outage.returns=0.05"], "energy.outage: .*voltage must not lie above returns"),
        (["sites.3578/z/own.energy.outage.returns=0.05"], "energy.outage: .*voltage must not lie above returns"),
    ],
)
def test_values_that_contradict_each_other_are_refused(changes: list[str], words: str) -> None:
    """Else a night is never looked at, an alarm comes and goes with each reading, or an index is nonsense."""
    with pytest.raises(SettingsError, match=words):
        load_thresholds(None, changes)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("water.burst.zz=5", r"water.burst.zz: no such key; did you mean z\? allowed here: z, samples"),
        ("watr.burst.z=5", r"--set watr.burst.z=5: watr: no such key; did you mean water\?"),
        ("water.burst.z=high", "'high' is not allowed; allowed: a number, above 0, at most 100"),
        ("water.burst.together=15", "water.burst.together: '15' is not allowed; allowed: a duration"),
        ("water.quality.ph=[6]", r"water.quality.ph\[1\]: is required: a list of 2; each item a number"),
        ("water.quality.ph=[6", "not YAML"),
        ("sites=everywhere", "sites: 'everywhere' is not allowed; allowed: names, each with"),
        ("water.burst.z", "give a key and a value, like water.burst.z=5"),
        ("water.burst.z=", "give a key and a value"),
    ],
)
def test_a_wrong_change_is_named(change: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load_thresholds(None, [change])


def test_changes_lie_over_the_file_and_over_one_another(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.yaml"
    path.write_text("water:\n  burst: {z: 6, samples: 4}\nenergy:\n  outage:\n")
    read = load_thresholds(
        path,
        ["water.burst.z=7", "water.burst.z=8", "water.quality.ph=[6, 9]", "sites.3578/Genteng.water.burst.z=9"],
    )
    assert (read.water.burst.z, read.water.burst.samples) == (8, 4)
    assert read.water.quality.ph == (6, 9)
    assert read.at("3578", "Genteng").water.burst.z == 9
    assert read.energy.outage == Thresholds().energy.outage


CITY = "for the whole city only"
ZONE = "for a whole zone only"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("3578/z.disaster.rain.violent=30", CITY),
        ("3578/z.disaster.river.rise=10", CITY),
        ("3578/z.disaster.slope.warning=0.5", CITY),
        ("3578/z.disaster.seismic.stations=2", CITY),
        ("3578/z.disaster.tide.surge=20", CITY),
        ("3578/z/d.disaster.air.hours=12", CITY),
        ("3578/z.energy.frequency.low=49", CITY),
        ("3578/z.energy.voltage.over=5m", CITY),
        ("3578/z.energy.tamper.peers=9", CITY),
        ("3578/z.water.night.ends=5", CITY),
        ("3578/z.water.burst.rest_days=[4]", CITY),
        ("3578/z/d.water.burst.together=5m", ZONE),
        ("3578/z/d.water.leak.alarm=9", ZONE),
        ("3578/z/d.water.supply.households=9", ZONE),
    ],
)
def test_what_is_judged_together_cannot_be_set_for_a_part(change: str, words: str) -> None:
    key = change.partition("=")[0]
    with pytest.raises(SettingsError, match=f"--set sites.{re.escape(change)}: sites.{key}: {words}"):
        load_thresholds(None, [f"sites.{change}"])


def test_a_site_s_key_that_would_do_nothing_is_named_with_its_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "thresholds.yaml"
    path.write_text("sites:\n  3578/Genteng:\n    disaster:\n      rain:\n        violent: 30\n")
    with pytest.raises(SettingsError, match=rf"{path}:5:9: sites.3578/Genteng.disaster.rain.violent: {CITY}"):
        load_thresholds(path)


def test_what_can_differ_at_a_site_is_accepted_there() -> None:
    names = ("water.leak.alarm=9", "energy.overload.near=0.5", "disaster.tide.plain=90", "waste.fire.hot=70")
    read = load_thresholds(None, [f"sites.3578/z.{name}" for name in names])
    site = read.at("3578", "z", "d")
    assert (site.water.leak.alarm, site.energy.overload.near, site.disaster.tide.plain, site.waste.fire.hot) == (
        *(9, 0.5, 90, 70),
    )


def test_a_site_must_fit_what_holds_around_it() -> None:
    """75 is below the usual 90, but not below the city's 70: better said at the start than by the first bin."""
    with pytest.raises(SettingsError, match=r"sites.3578/z.*: with what holds around it: .*ends not above full"):
        load_thresholds(None, ["waste.fill.full=70", "waste.fill.ends=60", "sites.3578/z.waste.fill.ends=75"])


@pytest.mark.parametrize("key", ["disaster.rain.guzzetti=[2, 0.4]", "water.pressure.good=90"])
def test_what_no_rule_reads_is_no_key(key: str) -> None:
    with pytest.raises(SettingsError, match="no such key"):
        load_thresholds(None, [key])
