"""The real servers that tests start: the one list, read by `./nadi test` and by the fixtures.

Only the standard library is imported here, since `./nadi test` reads it before it installs anything.
"""

from __future__ import annotations

import os
import shutil

PACKAGES = {
    "mosquitto": "mosquitto",
    "mosquitto_passwd": "mosquitto",
    "mosquitto_pub": "mosquitto-clients",
    "influxd": "influxdb",
    "victoria-metrics": "victoria-metrics",
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "chromium": "chromium",
}
"""Program -> the Debian package that brings it."""

_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def find(program: str) -> str | None:
    """The path of a server's program; servers live in sbin, which is not on everyone's PATH."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])
    return shutil.which(program, path=path)


def missing() -> dict[str, str]:
    """The programs that are not on this machine, with their packages."""
    return {program: package for program, package in PACKAGES.items() if find(program) is None}


def on_ci() -> bool:
    """CI must not skip: there a missing server is a failure."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}
