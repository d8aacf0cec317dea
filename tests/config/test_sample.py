"""The sample and the reference page are what the models say."""

import re
from pathlib import Path

import yaml

from config.loader import load_settings
from config.sample import REFERENCE, SAMPLE, reference, sample
from config.settings import Settings


def test_the_files_in_the_repository_are_up_to_date() -> None:
    hint = "run: .venv/bin/python -m config.sample"
    assert SAMPLE.read_text() == sample(), hint
    assert REFERENCE.read_text() == reference(), hint


def test_the_sample_is_valid_as_it_stands(tmp_path: Path) -> None:
    settings = load_settings(SAMPLE, {})
    assert settings == Settings.model_validate({"historian": "state/history.duckdb"})


def test_every_key_of_the_sample_says_its_real_default() -> None:
    uncommented = re.sub(r"(?m)^( *)#(\w+:)", r"\1\2", sample())
    data = yaml.load(uncommented, yaml.BaseLoader)
    as_text = {key: None if value == "null" else value for key, value in _flat(data)}
    settings = Settings.model_validate({"influx": {}, "historian": "state/history.duckdb", "republish": {}})
    defaults = dict(_flat(settings.model_dump()))
    assert as_text.keys() == defaults.keys()
    tree: dict[str, object] = {}
    for (section, key), value in as_text.items():
        if value is not None:
            target = tree.setdefault(section, {}) if section else tree
            assert isinstance(target, dict)
            target[key] = value
    assert dict(_flat(Settings.model_validate(tree).model_dump())) == defaults


def _flat(data: dict[str, object]) -> list[tuple[tuple[str, str], object]]:
    rows: list[tuple[tuple[str, str], object]] = []
    for name, value in data.items():
        inner = value if isinstance(value, dict) else None
        rows += [((name, key), one) for key, one in inner.items()] if inner is not None else [(("", name), value)]
    return rows
