"""`./nadi run`: settings, logs, signals, and a Service until one of them ends it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.catalogue import check_limits, load_catalogue
from config.loader import load_settings
from config.problems import Problem, nearest, refuse, shown
from config.settings import Settings
from config.thresholds import load_thresholds
from ingest.build import check_decoders
from pipeline import logs
from pipeline.service.lifecycle import Service
from pipeline.web.access import load_users
from processors.kinds import KINDS
from telemetry.sensors import Sensor


def _check_files(settings: Settings) -> None:
    """Raise SettingsError where what the settings name or say is wrong by what only other parts know."""
    check_decoders(settings)
    load_thresholds(settings.thresholds)
    _check_kinds(settings)


def _check_kinds(settings: Settings) -> None:
    """A channel for a kind that there is not would never ring, and nobody would notice."""
    refuse(
        [
            Problem(("alerts", number, "kinds", at), f"{_no_kind(kind)}allowed: {', '.join(KINDS)}")
            for number, channel in enumerate(settings.alerts)
            for at, kind in enumerate(channel.kinds)
            if kind not in KINDS
        ],
        "the settings",
    )


def _no_kind(kind: str) -> str:
    meant = nearest(kind, KINDS)
    return f"{shown(kind)} is no kind of incident; " + (f"did you mean {meant}? " if meant else "")


def load(config: Path | None, environ: Mapping[str, str] = os.environ) -> tuple[Settings, Sequence[Sensor]]:
    """The settings and the catalogue that they name. Raises SettingsError when either is wrong."""
    settings = load_settings(config, environ)
    _check_files(settings)
    sensors = load_catalogue(settings.catalogue) if settings.catalogue is not None else ()
    check_limits(sensors, settings.limits)
    return settings, sensors


def check_more(config: Path | None) -> None:
    """Raise SettingsError where the users_file, the thresholds, a mapping or a route of alerts can't be used."""
    settings = load_settings(config, os.environ)
    if settings.http.users_file is not None:
        load_users(settings.http.users_file)
    _check_files(settings)


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
