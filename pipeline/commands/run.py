"""`./nadi run`: settings, logs, signals, and a Service until one of them ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.catalogue import check_limits, load_catalogue
from config.loader import load_settings
from config.settings import Settings
from ingest.build import check_decoders
from pipeline import logs
from pipeline.service.lifecycle import Service
from pipeline.web.access import load_users
from telemetry.sensors import Sensor


def load(config: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Settings, Sequence[Sensor]]:
    """The settings and the catalogue that they name. Raises SettingsError when either is wrong."""
    settings = load_settings(config, environ)
    check_decoders(settings)
    sensors = load_catalogue(settings.catalogue) if settings.catalogue is not None else ()
    check_limits(sensors, settings.limits)
    return settings, sensors


def check_more(config: Path | None) -> None:
    """Raise SettingsError when the settings name a users_file or a mapping that can't be used."""
    settings = load_settings(config, os.environ)
    if settings.http.users_file is not None:
        load_users(settings.http.users_file)
    check_decoders(settings)


def main(config: Path | None, log_format: logs.LogFormat = "json") -> None:
    """Run the pipeline until SIGTERM or SIGINT. Raises SettingsError, Locked."""
    settings, sensors = load(config)
    logs.set_up(log_format)
    asyncio.run(_run(Service(settings, sensors, load=lambda: load(config))))


async def _run(service: Service) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, service.reload)
    await service.run()
