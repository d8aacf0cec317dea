"""What the repository ships for a deployment, and the broker started from the very files of it."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.certificates import Pair
from tests.servers import Mosquitto

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def load_yaml(name: str) -> Any:
    """A YAML file of the repository, by its path from the root."""
    return yaml.safe_load((ROOT / name).read_text())


def make_secrets(deploy: Path) -> subprocess.CompletedProcess[str]:
    """Run deploy/make-secrets for another folder than the repository's."""
    return subprocess.run(
        [sys.executable, str(DEPLOY / "make-secrets"), "--folder", str(deploy)], capture_output=True, text=True
    )


class ShippedMosquitto(Mosquitto):
    """The broker as docker-compose.yml starts it: only the paths and the ports are others.

    gateways: lines of gateways.csv below its header. tls: adds the shipped TLS listener.
    """

    def __init__(self, folder: Path, gateways: Sequence[str], *, tls: Pair | None = None) -> None:
        super().__init__(folder, tls=tls)
        self.tls_port = 0
        deploy = folder / "deploy"
        deploy.mkdir(exist_ok=True)
        (deploy / "gateways.csv").write_text("\n".join(["gateway,publishes", *gateways]) + "\n")
        done = make_secrets(deploy)
        assert done.returncode == 0, done.stderr
        self.secrets = deploy / "secrets"
        for place in ("data", "config/listeners", "tls"):
            (folder / place).mkdir(parents=True, exist_ok=True)

    def password(self, user: str) -> str:
        name = "mqtt_nadi_password" if user == "nadi" else f"gateways/{user}"
        return (self.secrets / name).read_text().strip()

    def command(self) -> Sequence[str]:
        shipped = DEPLOY / "mosquitto"
        plain = self._moved((shipped / "listeners/plain.conf").read_text())
        self._write("config/listeners/plain.conf", plain.replace("listener 1883", f"listener {self.port} 127.0.0.1"))
        if self.tls:
            listener = self._moved((shipped / "listeners/tls.conf").read_text())
            self._write("config/listeners/tls.conf", listener.replace("8883", f"{self.tls_port} 127.0.0.1"))
            self._write("tls/server.pem", self.tls.cert_file.read_text())
            self._write("tls/server.key", self.tls.key_file.read_text())
        # Mosquitto started by root becomes the user `mosquitto`, who can't read our folder.
        user = f"user {pwd.getpwuid(os.getuid()).pw_name}\n"
        self._write("mosquitto.conf", self._moved((shipped / "mosquitto.conf").read_text()) + user)
        return [self.path, "-c", str(self.folder / "mosquitto.conf")]

    def _moved(self, text: str) -> str:
        return text.replace("/mosquitto/", f"{self.folder}/").replace("/run/secrets/", f"{self.secrets}/")

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
