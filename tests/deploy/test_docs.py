"""The commands of docs/operations.md that can be tried here."""

from __future__ import annotations

import re
import subprocess

from tests.deploy.shipped import DEPLOY, ROOT

OPERATIONS = (ROOT / "docs/operations.md").read_text()


def test_the_brokers_configuration_becomes_debians() -> None:
    command = re.search(r"sudo sed (-e .*?) \| sudo tee", OPERATIONS, re.DOTALL)
    assert command
    script = command[1].replace("\\\n", "").replace("/opt/nadi", str(ROOT))
    made = subprocess.run(f"sed {script}", shell=True, capture_output=True, text=True, check=True).stdout
    settings = [line for line in made.splitlines() if line and not line.startswith("#")]
    assert "listener 1883 127.0.0.1" in settings
    assert "password_file /etc/mosquitto/mosquitto_passwords" in settings
    assert "persistence_location /var/lib/mosquitto/" in settings
    assert not [line for line in settings if "/run/secrets" in line or " /mosquitto" in line]


def test_files_that_the_documents_name_exist() -> None:
    for page in ("operations.md", "gateways.md"):
        named = set(re.findall(r"`(deploy/[\w./-]+|docs/[\w.-]+)`", (ROOT / "docs" / page).read_text()))
        made = {name for name in named if re.match(r"deploy/(secrets|data|tls|gateways\.csv)", name)}
        missing = {name for name in named - made if not (ROOT / name).exists()}
        assert missing <= {"docs/settings.md"}, f"{page} names {missing}"
    assert (DEPLOY / "make-secrets").exists()
