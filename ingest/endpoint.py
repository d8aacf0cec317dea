"""Where the broker is and how to speak to it: address, TLS, credentials, from the settings."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from config.settings import MqttSettings
from telemetry.errors import SettingsError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Endpoint:
    host: str
    port: int
    tls: ssl.SSLContext | None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def endpoint(settings: MqttSettings) -> Endpoint:
    """Raises SettingsError naming the key at fault. Uses no network."""
    url = urlsplit(settings.url)
    try:
        port = url.port
    except ValueError as error:
        raise SettingsError(f"mqtt.url: {settings.url!r}: {error}") from error
    if url.scheme not in _PORTS or not url.hostname:
        raise SettingsError(f"mqtt.url: {settings.url!r} must be mqtt://host:port, or mqtts://host:port for TLS")
    if url.username or url.password:
        raise SettingsError("mqtt.url: put user and password into mqtt.username and mqtt.password")
    if settings.password and settings.username is None:
        raise SettingsError("mqtt.password: needs mqtt.username beside it")
    tls = _context(settings) if url.scheme == "mqtts" else None
    if tls is None and (settings.ca_file or settings.cert_file):
        raise SettingsError(f"mqtt.url: {settings.url!r} has no TLS, but certificates are set; write mqtts://")
    return Endpoint(url.hostname, port or _PORTS[url.scheme], tls)


def _context(settings: MqttSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"mqtt.ca_file: {settings.ca_file}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.key_file and not settings.cert_file:
        raise SettingsError("mqtt.key_file: needs mqtt.cert_file beside it")
    if settings.cert_file:
        try:
            context.load_cert_chain(settings.cert_file, settings.key_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsError(f"mqtt.cert_file, mqtt.key_file: {settings.cert_file}: {error}") from error
    return context
