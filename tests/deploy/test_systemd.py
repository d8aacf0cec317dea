"""The systemd unit: what it promises, and that its environment is nadi's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config.settings import Settings, parse_duration
from tests.deploy.shipped import DEPLOY, ROOT
from tests.deploy.test_compose import setting

UNIT = DEPLOY / "systemd/nadi.service"


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


def test_it_starts_the_launcher() -> None:
    programs = {value.split()[0] for name in ("ExecStartPre", "ExecStart") for value in values(name)}
    assert programs == {"/opt/nadi/nadi"}
    assert os.access(ROOT / "nadi", os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine")
def test_systemd_understands_it(tmp_path: Path) -> None:
    # The programs are not where the unit expects them here: put one that exists in their place.
    unit = tmp_path / "nadi.service"
    unit.write_text(UNIT.read_text().replace("/opt/nadi/nadi", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "nadi.service" not in done.stderr, done.stderr
