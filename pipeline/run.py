"""`./nadi run`: settings, logs, signals, and a Service until one of them ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

from config.catalogue import load_catalogue
from config.loader import load_settings
from pipeline import logs
from pipeline.service import Service
from telemetry.errors import SettingsError

log = logging.getLogger("nadi.run")


def main(config: Path | None, log_format: logs.LogFormat = "json") -> None:
    """Run the pipeline until SIGTERM or SIGINT. Raises SettingsError, Locked."""
    settings = load_settings(config, os.environ)
    catalogue = load_catalogue(settings.catalogue) if settings.catalogue is not None else ()
    logs.set_up(log_format)
    asyncio.run(_run(Service(settings, catalogue), config))


async def _run(service: Service, config: Path | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    loop.add_signal_handler(signal.SIGHUP, _check_again, config)
    await service.run()


def _check_again(config: Path | None) -> None:
    """SIGHUP: say whether the settings on disk are sound; they take effect at the next start."""
    try:
        settings = load_settings(config, os.environ)
        if settings.catalogue is not None:
            load_catalogue(settings.catalogue)
    except SettingsError as error:
        log.error("the settings on disk are wrong; the running ones stay", extra={"why": str(error)})
    else:
        log.info("the settings on disk are sound; restart to use them")
