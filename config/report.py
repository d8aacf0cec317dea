"""What `./nadi check` says of settings that are fine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from config.catalogue import check_limits, load_catalogue
from config.loader import load_settings
from config.settings import Settings
from telemetry.durations import format_duration, format_size


def report(path: Path | None, environ: Mapping[str, str]) -> str:
    """A short summary. Raises SettingsError when the settings or the catalogue are wrong."""
    settings = load_settings(path, environ)
    rows = _settings_rows(settings) + _catalogue_rows(settings)
    width = max(len(name) for name, _ in rows)
    lines = [f"nadi: the settings of {path or 'the environment'} are fine"]
    return "\n".join(lines + [f"  {name:<{width}}  {text}" for name, text in rows])


def _settings_rows(settings: Settings) -> list[tuple[str, str]]:
    mqtt, influx, historian = settings.mqtt, settings.influx, settings.historian
    rows = [("mqtt", f"{mqtt.url}, MQTT {mqtt.protocol}, QoS {mqtt.qos}, {', '.join(mqtt.topics)}")]
    for rule in settings.decoders:
        topics = ", ".join(rule.topics) or "its usual topics"
        rows.append(("decoders", f"{rule.format}, {topics}, to {rule.city}/{rule.domain}/{rule.zone}"))
    if influx is not None:
        target = f"database {influx.database}" if influx.api == "v1" else f"bucket {influx.bucket} of {influx.org}"
        rows.append(("influx", f"{influx.url}, {influx.api}, {target}"))
    if historian is not None:
        rows.append(("historian", f"{historian.path}, kept for {format_duration(historian.retention)}"))
    rows.append(("windows", ", ".join(map(format_duration, settings.windows))))
    rows.append(("journal", f"{settings.state_dir}, at most {format_size(settings.journal.max_bytes)}"))
    rows.append(("http", settings.http.listen))
    return rows


def _catalogue_rows(settings: Settings) -> list[tuple[str, str]]:
    if settings.catalogue is None:
        return [("catalogue", "none")]
    sensors = load_catalogue(settings.catalogue)
    check_limits(sensors, settings.limits)
    domains = Counter(sensor.identity.domain for sensor in sensors)
    shares = ", ".join(f"{domain} {count}" for domain, count in sorted(domains.items()))
    return [("catalogue", f"{settings.catalogue}, {len(sensors)} sensors ({shares})")]
