"""docker-compose.yml and the Dockerfile: what can be tested without a container engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from config.loader import load_settings
from config.settings import Settings, parse_duration
from simulators.scenarios.loader import SHIPPED
from tests.deploy.shipped import DEPLOY, ROOT, load_yaml, make_secrets

COMPOSE = load_yaml("docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
PACKAGES = ("telemetry", "config", "journal", "ingest", "processors", "sinks", "simulators", "pipeline")


def mounts(service: dict[str, Any]) -> list[tuple[str, str]]:
    """(source, target) of every mount."""
    pairs = []
    for volume in service.get("volumes", ()):
        source, target = volume.split(":")[:2] if isinstance(volume, str) else (volume["source"], volume["target"])
        pairs.append((re.sub(r"\$\{NADI_\w+:-(.+?)\}", r"\1", source), target))
    return pairs


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which deploy/make-secrets has run."""
    root = tmp_path_factory.mktemp("installed")
    (root / "deploy").mkdir()
    assert make_secrets(root / "deploy").returncode == 0
    return root


@pytest.mark.parametrize("name", SERVICES)
def test_every_mount_exists_in_the_repository_or_is_made(name: str, installed: Path) -> None:
    for source, target in mounts(SERVICES[name]):
        assert source.startswith("./"), source
        assert (ROOT / source).exists() != (installed / source).exists(), f"{source} -> {target}"
    for secret in SERVICES[name].get("secrets", ()):
        assert (installed / COMPOSE["secrets"][secret]["file"]).is_file(), secret


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_runs_as_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    assert service["user"].startswith("${NADI_UID:?")
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "cap_add" not in service
    assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_loopback_only(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", ()))


@pytest.mark.parametrize("name", SERVICES)
def test_no_password_stands_in_the_file(name: str) -> None:
    for key, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|TOKEN|SECRET", key):
            assert key.endswith("_FILE"), key
            secret = value.removeprefix("/run/secrets/")
            assert secret in SERVICES[name]["secrets"], f"{name}: {key} names {value}, which is not mounted"


@pytest.mark.parametrize("name", ["nadi", "mosquitto", "prometheus"])
def test_root_filesystem_is_read_only(name: str) -> None:
    assert SERVICES[name]["read_only"] is True


def setting(key: str) -> Any:
    """The default of the setting that an environment variable names; fails where there is none."""
    model: type[BaseModel] = Settings
    *sections, leaf = key.removeprefix("NADI_").lower().split("__")
    for section in sections:
        annotation = model.model_fields[section].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next(one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel))
    leaf = leaf if leaf in model.model_fields else leaf.removesuffix("_file")
    return model.model_fields[leaf]


def test_nadis_environment_names_real_settings() -> None:
    for key in SERVICES["nadi"]["environment"]:
        assert setting(key)
    with pytest.raises(KeyError):
        setting("NADI_MQTT__URLS")


def test_nadis_own_file_holds_real_settings() -> None:
    settings = Settings.model_validate(load_yaml("deploy/nadi.yaml"))
    assert settings.influx is not None
    assert settings.influx.database == SERVICES["influxdb"]["environment"]["DOCKER_INFLUXDB_INIT_BUCKET"]


def test_nadi_takes_its_environment_and_its_file_as_they_are(installed: Path) -> None:
    environ = {}
    for key, value in SERVICES["nadi"]["environment"].items():
        secret = COMPOSE["secrets"].get(value.removeprefix("/run/secrets/"))
        environ[key] = str(installed / secret["file"]) if secret else value
    settings = load_settings(DEPLOY / "nadi.yaml", environ)
    assert settings.mqtt.password is not None
    assert len(settings.mqtt.password.get_secret_value()) == 48


def test_docker_waits_longer_than_nadi_drains() -> None:
    assert parse_duration(SERVICES["nadi"]["stop_grace_period"]) > Settings().shutdown_timeout


def test_nadis_state_is_the_only_place_it_writes() -> None:
    targets = [target for source, target in mounts(SERVICES["nadi"]) if not source.endswith((".yaml", ".yml"))]
    assert targets == [SERVICES["nadi"]["environment"]["NADI_STATE_DIR"]]


def test_tls_adds_one_port_and_its_files_exist() -> None:
    overlay = load_yaml("deploy/compose.tls.yml")["services"]
    assert list(overlay) == ["mosquitto"]
    assert overlay["mosquitto"]["ports"] == ["${NADI_MQTTS_LISTEN:-0.0.0.0:8883}:8883"]
    assert (ROOT / mounts(overlay["mosquitto"])[0][0]).is_file()


def test_dockerfile_builds_in_one_stage_and_runs_in_another() -> None:
    text = (ROOT / "Dockerfile").read_text()
    build, run = text.split("\nFROM ")[1:]
    assert [line.split()[1] for line in text.splitlines() if line.startswith("FROM")] == ["python:3.11-slim"] * 2
    assert "--require-hashes" in build
    assert "pip uninstall" in run
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", run, re.MULTILINE)
    assert not re.search(r"apt-get|curl|wget|ADD ", text)


def test_image_takes_the_packages_and_nothing_else() -> None:
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert "*" in (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in PACKAGES} <= set(allowed)
    assert f"!{SHIPPED.name}" in allowed, "without them the container's ./nadi simulate and score know no scenario"
    assert not {"!deploy", "!tests", "!.env", "!docs"} & set(allowed)


def test_every_yaml_file_can_be_read() -> None:
    for path in [*DEPLOY.rglob("*.yml"), *DEPLOY.rglob("*.yaml")]:
        if "data" not in path.parts:
            assert yaml.safe_load(path.read_text()), path
