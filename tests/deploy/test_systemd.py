"""The systemd unit: what it promises, and that its environment is nadi's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.loader import load_settings
from config.settings import Settings, parse_duration
from telemetry.errors import SettingsError
from tests.deploy.shipped import DEPLOY, ROOT
from tests.deploy.test_compose import setting

UNIT = DEPLOY / "systemd/nadi.service"
WITHOUT_INFLUX = DEPLOY / "systemd/historian.conf"
USERS = DEPLOY / "systemd/users.conf"


def values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def test_it_is_stopped_later_than_it_drains() -> None:
    assert parse_duration(values("TimeoutStopSec")[0]) > Settings().shutdown_timeout


def test_it_runs_as_nobody_else_and_writes_its_state_only() -> None:
    assert values("DynamicUser") == ["yes"]
    assert values("ProtectSystem") == ["strict"]
    assert values("NoNewPrivileges") == ["yes"]
    assert values("CapabilityBoundingSet") == [""]
    assert f"NADI_STATE_DIR=/var/lib/{values('StateDirectory')[0]}" in values("Environment")


def test_its_environment_names_real_settings_and_its_credentials() -> None:
    credentials = {value.split(":")[0] for value in values("LoadCredential")}
    for assignment in values("Environment"):
        key, value = assignment.split("=", 1)
        if key.startswith("NADI_"):
            assert setting(key)
        if value.startswith("%d/"):
            assert value.removeprefix("%d/") in credentials


def environment(*files: Path) -> dict[str, str]:
    """What nadi is started with, of ours. Credentials are where a test has put them."""
    found: dict[str, str] = {}
    for file in files:
        for name, value in re.findall(r"^(Environment|UnsetEnvironment)=(NADI_.*)$", file.read_text(), re.MULTILINE):
            if name == "Environment":
                key, _, text = value.partition("=")
                found[key] = text
            else:
                found.pop(value)
    return found


def test_without_influxdb_the_unit_asks_for_no_password_of_one(tmp_path: Path) -> None:
    (tmp_path / "mqtt_password").write_text("secret")
    (tmp_path / "influx_password").write_text("secret")
    (tmp_path / "nadi.yaml").write_text(f"mqtt: {{username: nadi}}\nhistorian: {tmp_path}/history.duckdb\n")

    def settings(*files: Path) -> Settings:
        given = {key: text.replace("%d", str(tmp_path)) for key, text in environment(*files).items()}
        return load_settings(tmp_path / "nadi.yaml", given | {"NADI_STATE_DIR": str(tmp_path)})

    with pytest.raises(SettingsError, match=r"NADI_INFLUX__PASSWORD_FILE|influx\.password"):
        settings(UNIT)
    assert settings(UNIT, WITHOUT_INFLUX).influx is None
    kept = re.findall(r"^LoadCredential=(.*)$", WITHOUT_INFLUX.read_text(), re.MULTILINE)
    assert kept[0] == ""
    assert set(kept[1:]) == {value for value in values("LoadCredential") if not value.startswith("influx")}


def test_users_of_the_page_are_handed_over() -> None:
    (credential,) = re.findall(r"^LoadCredential=(.*)$", USERS.read_text(), re.MULTILINE)
    name = credential.partition(":")[0]
    assert environment(USERS) == {"NADI_HTTP__USERS_FILE": f"%d/{name}"}
    assert setting("NADI_HTTP__USERS_FILE")
    assert WITHOUT_INFLUX.name < USERS.name, "systemd reads them in this order, and the first takes credentials back"


def test_it_starts_the_launcher() -> None:
    programs = {value.split()[0] for name in ("ExecStartPre", "ExecStart") for value in values(name)}
    assert programs == {"/opt/nadi/nadi"}
    assert os.access(ROOT / "nadi", os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_understands_it(tmp_path: Path) -> None:
    # The programs are not where the unit expects them here: put one that exists in their place.
    unit = tmp_path / "nadi.service"
    unit.write_text(UNIT.read_text().replace("/opt/nadi/nadi", "/bin/true"))
    (tmp_path / "nadi.service.d").mkdir()
    for file in (WITHOUT_INFLUX, USERS):
        shutil.copy(file, tmp_path / "nadi.service.d")
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "nadi.service" not in done.stderr, done.stderr
