"""deploy/make-secrets: what it makes, that it keeps it, and what it refuses."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.deploy.shipped import ROOT, load_yaml, make_secrets


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    """An empty deploy folder, with room for .env beside it."""
    folder = tmp_path / "deploy"
    folder.mkdir()
    return folder


def files(deploy: Path) -> dict[str, str]:
    return {str(path.relative_to(deploy)): path.read_text() for path in deploy.rglob("*") if path.is_file()}


def test_makes_every_secret_that_compose_mounts(deploy: Path) -> None:
    assert make_secrets(deploy).returncode == 0
    for secret in load_yaml("docker-compose.yml")["secrets"].values():
        assert (deploy.parent / secret["file"]).read_text(), secret
    for path in (deploy / "secrets").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_a_second_run_changes_nothing(deploy: Path) -> None:
    make_secrets(deploy)
    before = files(deploy)
    done = make_secrets(deploy)
    assert "nothing to do" in done.stdout
    assert files(deploy) == before


def test_each_installation_has_secrets_of_its_own(tmp_path: Path) -> None:
    values = []
    for name in ("one", "two"):
        (tmp_path / name / "deploy").mkdir(parents=True)
        make_secrets(tmp_path / name / "deploy")
        values += [text for path, text in files(tmp_path / name / "deploy/secrets").items() if "mosquitto" not in path]
    assert len(set(values)) == len(values)
    assert all(len(value) >= 48 for value in values)


def test_a_new_gateway_is_added_and_the_others_keep_their_passwords(deploy: Path) -> None:
    make_secrets(deploy)
    before = files(deploy)
    with (deploy / "gateways.csv").open("a") as file:
        file.write("gw-new,3578/water/rungkut/+\n")
    make_secrets(deploy)
    after = files(deploy)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {
        "gateways.csv",
        "secrets/gateways/gw-new",
        "secrets/mosquitto_passwords",
        "secrets/mosquitto_acl",
    }
    assert set(before["secrets/mosquitto_passwords"].splitlines()) < set(
        after["secrets/mosquitto_passwords"].splitlines()
    )


def test_a_gateway_that_is_taken_off_the_list_is_no_user_any_more(deploy: Path) -> None:
    make_secrets(deploy)
    (deploy / "gateways.csv").write_text("gateway,publishes\n")
    make_secrets(deploy)
    assert [line.split(":")[0] for line in files(deploy)["secrets/mosquitto_passwords"].splitlines()] == ["nadi"]


def test_the_rest_of_the_environment_file_stays(deploy: Path) -> None:
    (deploy.parent / ".env").write_text("NADI_DATA=/srv/nadi\nNADI_UID=0")
    make_secrets(deploy)
    lines = (deploy.parent / ".env").read_text().splitlines()
    assert lines[:2] == ["NADI_DATA=/srv/nadi", "NADI_UID=0"]
    assert lines[2].startswith("NADI_GID=")


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("gw 1,3578/water/z/+", "gateway 'gw 1': use letters"),
        ("../x,3578/water/z/+", "gateway '../x': use letters"),
        ("nadi,3578/water/z/+", "not 'nadi'"),
        ("gw,3578/water/z", "write city/domain/zone/device"),
        ("gw,3578/gateway/other/status", "the domain is one of water"),
        ("gw,+/water/z/d", "the city is a name"),
        ("gw,3578/water/#/d", "zone and device are a name or '+'"),
        ("gw,3578/water/z+/d", "zone and device are a name or '+'"),
        ("gw,3578/water/mulyosari/m-1", "overlaps 3578/water/mulyosari/+ of gw-a"),
        ("gw,3578/water/+/m-1", "overlaps 3578/water/mulyosari/+ of gw-a"),
    ],
)
def test_mistakes_in_the_list_are_named_by_line(deploy: Path, line: str, complaint: str) -> None:
    (deploy / "gateways.csv").write_text(f"gateway,publishes\ngw-a,3578/water/mulyosari/+\n{line}\n")
    done = make_secrets(deploy)
    assert done.returncode == 2
    assert "gateways.csv, line 3" in done.stderr
    assert complaint in done.stderr
    assert not (deploy / "secrets/mosquitto_acl").exists()


def test_nothing_secret_can_be_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/deploy/secrets/", "/deploy/data/", "/deploy/tls/", "/deploy/gateways.csv", "/.env"} <= set(ignored)
