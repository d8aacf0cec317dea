"""Rules for other formats in the settings: what is taken, and how what is wrong is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from config.formats import NEED_TOPICS, FormatName, template_fault
from config.loader import load_settings
from config.report import report
from config.settings import Settings
from ingest.decoders.table import FORMATS
from telemetry.errors import SettingsError

HEAD = "historian: h.duckdb\ndecoders:\n"
GOOD = {"city": "3578", "domain": "water"}


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    path = tmp_path / "nadi.yaml"
    path.write_text(HEAD + text)
    return load_settings(path, environ or {})


def refusals(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    return [line.strip().removeprefix(f"{tmp_path}/nadi.yaml:") for line in str(caught.value).splitlines()[1:]]


def test_the_settings_name_every_format_and_which_need_topics() -> None:
    assert set(get_args(FormatName)) == set(FORMATS)
    assert {name for name, form in FORMATS.items() if not form.topics} == NEED_TOPICS


def test_a_rule(tmp_path: Path) -> None:
    text = """\
  - format: chirpstack
    city: 3578
    domain: water
    zone: "{application}-{2}"
    places:
      - {device: "kwh-*", domain: energy}
      - {device: "bin-*", domain: waste, zone: "{gateway}"}
  - {format: influx, topics: [a/+, b/#], city: c, domain: energy, precision: s, timezone: Asia/Jayapura}
"""
    one, two = load(tmp_path, text).decoders
    assert (one.format, one.topics, one.city, one.zone) == ("chirpstack", (), "3578", "{application}-{2}")
    assert [(place.device, place.domain, place.zone) for place in one.places] == [
        ("kwh-*", "energy", None),
        ("bin-*", "waste", "{gateway}"),
    ]
    assert (two.topics, two.precision, two.timezone, two.zone) == (("a/+", "b/#"), "s", "Asia/Jayapura", "{format}")


def test_rules_from_the_environment(tmp_path: Path) -> None:
    rules = '[{"format": "influx", "topics": ["a/#"], "city": "c", "domain": "water"}]'
    (rule,) = load_settings(None, {"NADI_DECODERS": rules, "NADI_HISTORIAN": "h.duckdb"}).decoders
    assert (rule.format, rule.topics) == ("influx", ("a/#",))


def test_a_mapping_in_the_settings_has_numbers_and_words_as_in_json(tmp_path: Path) -> None:
    text = """\
  - format: json
    topics: [x/#]
    city: c
    domain: water
    mapping: {scale: 0.1, of: {ON: 1, OFF: -2e3}, "1": "2", yes: [true, null, no, 007, 12:30]}
"""
    (rule,) = load(tmp_path, text).decoders
    wanted = {"scale": 0.1, "of": {"ON": 1, "OFF": -2000.0}, "1": "2", "yes": [True, None, "no", "007", "12:30"]}
    assert rule.mapping == wanted


def test_a_mapping_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "map.yaml"
    file.write_text("{}")
    text = f"  - {{format: json, topics: [x], city: c, domain: water, mapping: {file}}}\n"
    assert load(tmp_path, text).decoders[0].mapping == file


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("  - {format: chirpstak, city: c, domain: water}", "3:6: decoders[0].format: 'chirpstak' is not allowed"),
        ("  - {format: tts, domain: water}", "decoders[0].city: is required: text"),
        ("  - {format: tts, city: c, domain: gas}", "decoders[0].domain: 'gas' is not allowed"),
        ("  - {format: tts, city: c, domain: water, zon: x}", "decoders[0].zon: no such key; did you mean zone?"),
        ("  - {format: tts, city: 'c{', domain: water}", "decoders[0].city: 'c{': a brace without its other half"),
        ("  - {format: tts, city: c, domain: water, zone: '{ }'}", "decoders[0].zone: '{ }': { } is not a field"),
        (
            "  - {format: tts, city: c, domain: water, places: [{device: a, zone: '}'}]}",
            "decoders[0].places[0].zone: '}': a brace",
        ),
        (
            "  - {format: tts, city: c, domain: water, places: [{devic: a}]}",
            "decoders[0].places[0].device: is required",
        ),
        ("  - {format: influx, city: c, domain: water}", "decoders[0].topics: influx has no usual topics"),
        (
            "  - {format: tts, city: c, domain: water, topics: ['a/#/b']}",
            "decoders[0].topics[0]: 'a/#/b' is not a topic filter",
        ),
        ("  - {format: tts, city: c, domain: water, topics: ['#']}", "decoders[0].topics[0]: '#' would bring"),
        ("  - {format: tts, city: c, domain: water, topics: [a, a]}", "decoders[0].topics[1]: 'a' is given twice"),
        (
            "  - {format: tts, city: c, domain: water}\n  - {format: tts, city: d, domain: water}",
            "decoders[1].topics: decoders[0] takes the usual topics of tts already",
        ),
        ("  - {format: tts, city: c, domain: water, precision: s}", "decoders[0].precision: is for influx"),
        ("  - {format: tts, city: c, domain: water, device_tag: host}", "decoders[0].device_tag: is for influx"),
        (
            "  - {format: tts, city: c, domain: water, timezone: Mars}",
            "decoders[0].timezone: 'Mars' is not a time zone",
        ),
        ("  - {format: json, topics: [a], city: c, domain: water}", "decoders[0].mapping: is required by json"),
        ("  - {format: tts, city: c, domain: water, mapping: {a: b}}", "decoders[0].mapping: is for json"),
        (
            "  - {format: json, topics: [a], city: c, domain: water, mapping: [a]}",
            "decoders[0].mapping: a list is not allowed; allowed: a path or keys and values or null",
        ),
        (
            "  - {format: json, topics: [a], city: c, domain: water, mapping: /nowhere.yaml}",
            "decoders[0].mapping: '/nowhere.yaml' can't be read",
        ),
        ("  chirpstack", "decoders[0]: 'chirpstack' is not allowed"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    found = refusals(tmp_path, text + "\n")
    assert any(told in line for line in found), found
    assert all(line[0].isdigit() for line in found), "every problem has its line"


def test_nothing_below_the_key_is_no_rules(tmp_path: Path) -> None:
    assert load(tmp_path, "").decoders == ()


@pytest.mark.parametrize(
    ("template", "fine"),
    [("", True), ("a", True), ("{1}-{label.x}", True), ("{", False), ("}{", False), ("{}", False), ("{a b}", False)],
)
def test_templates(template: str, fine: bool) -> None:
    assert (template_fault(template) is None) == fine


def test_any_of_the_sample_s_rules_is_valid(tmp_path: Path) -> None:
    from config.sample import _LISTS

    text = _LISTS["decoders"].replace("# - ", "  - ")
    rules: Any = load(tmp_path, text).decoders
    assert len(rules) == 2


def test_check_names_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "nadi.yaml"
    path.write_text(HEAD + "  - {format: tts, city: c, domain: water}\n")
    assert "decoders   tts, its usual topics, to c/water/{format}" in report(path, {})
