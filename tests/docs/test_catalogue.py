"""The catalogue of the documentation is one, and what the page tells of columns is all that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config import catalogue
from config.catalogue import load_catalogue
from config.rows import COLUMNS, NEEDED

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "catalogue.md").read_text()


def block(text: str, language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_is_a_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "sensors.csv"
    file.write_text(block(PAGE, "csv"))
    flow, pressure, volume, river = load_catalogue(file)
    assert (flow.unit, flow.low, flow.high) == pytest.approx(("m3/h", 10, 500))
    assert (flow.interval, flow.name, flow.gateway) == (10_000, "Jl. Biliton", "gw-gubeng-1")
    assert (pressure.min, pressure.low, pressure.high, pressure.max) == pytest.approx((0, 150, 600, 1600))
    assert (volume.modulus, volume.interval) == (1_000_000, 3_600_000)
    assert (river.high, river.lat) == (350, -7.3012)


def test_the_line_of_yaml_is_a_catalogue(tmp_path: Path) -> None:
    file = tmp_path / "sensors.yaml"
    found = re.search(r"`(- \{city: .*?\})`", PAGE)
    assert found is not None
    file.write_text(found[1])
    (sensor,) = load_catalogue(file)
    assert (sensor.identity.device, sensor.interval) == ("meter-17", 10_000)


def test_every_column_is_told_and_no_other() -> None:
    rows = re.findall(r"(?m)^\| ((?:`\w+`(?:, )?)+) \|", PAGE)
    told = [re.findall(r"`(\w+)`", row) for row in rows]
    assert tuple(told[0]) == NEEDED
    assert sorted(name for names in told for name in names) == sorted(COLUMNS)


def test_the_example_beside_the_code_is_a_catalogue_too(tmp_path: Path) -> None:
    lines = re.findall(r"(?m)^    ((?:city|3578),.*)$", catalogue.__doc__ or "")
    file = tmp_path / "sensors.csv"
    file.write_text("\n".join(lines))
    (sensor,) = load_catalogue(file)
    assert (sensor.low, sensor.high) == pytest.approx((10, 500))
