"""`./nadi check` refuses what `./nadi run` could not use, and what would silently do nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.commands.run import check_more, load
from processors.kinds import KINDS
from telemetry.errors import SettingsError


def written(folder: Path, **sections: Any) -> Path:
    file = folder / "nadi.yaml"
    file.write_text(json.dumps({"historian": str(folder / "h.duckdb"), "state_dir": str(folder / "state")} | sections))
    return file


def refused(file: Path) -> str:
    """What check says, and run (or a reload) just so."""
    with pytest.raises(SettingsError) as checked:
        check_more(file)
    with pytest.raises(SettingsError) as ran:
        load(file, {})
    assert str(ran.value) == str(checked.value)
    return str(checked.value)


def test_thresholds_are_read(tmp_path: Path) -> None:
    thresholds = tmp_path / "thresholds.yaml"
    file = written(tmp_path, thresholds=str(thresholds))
    assert f"{thresholds}: can't be read: No such file" in refused(file)
    thresholds.write_text("water:\n  brust: {z: 4}\n")
    assert f"{thresholds}:2:3: water.brust: no such key; did you mean burst?" in refused(file)
    thresholds.write_text("water:\n  burst: {z: 4}\n")
    check_more(file)
    load(file, {})


def test_a_channel_for_a_kind_that_there_is_not_would_never_ring(tmp_path: Path) -> None:
    channel = {"name": "duty", "type": "mqtt", "kinds": ["tide", "brust"]}
    told = refused(written(tmp_path, alerts=[{"name": "wall", "type": "mqtt"}, channel]))
    assert "alerts[1].kinds[1]: 'brust' is no kind of incident; did you mean burst? allowed: burst, slow-leak" in told
    check_more(written(tmp_path, alerts=[{**channel, "kinds": list(KINDS)}]))
