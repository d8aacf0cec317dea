"""The means of telling: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from config.settings import AlertSettings
from sinks.alerts import words
from sinks.alerts.alertmanager import AlertmanagerChannel
from sinks.alerts.cap import CapChannel
from sinks.alerts.channel import Channel
from sinks.alerts.email import EmailChannel, Server
from sinks.alerts.mqtt import Deliver, MqttChannel
from sinks.alerts.notice import Notice
from sinks.alerts.posting import Poster
from sinks.alerts.telegram import TelegramChannel
from sinks.alerts.webhook import WebhookChannel


class Means:
    """What a channel may need: how to speak, and a way to publish. language, zone, cities: the settings'."""

    def __init__(self, language: words.Language, zone: str, cities: Mapping[str, str], deliver: Deliver) -> None:
        self.language = language
        self.zone = zone
        self.deliver = deliver
        self.title: Callable[[Notice], str] = partial(words.title, language=language, cities=cities)
        self.place: Callable[[Notice], str] = partial(words.place, language=language, cities=cities)
        self.body: Callable[[Notice], str] = partial(words.body, language=language, zone=zone, cities=cities)


def channel_of(settings: AlertSettings, means: Means) -> Channel:
    """The channel that the settings describe; `config/checks.py` has seen that it has what it needs."""
    return CHANNELS[settings.type](settings, means)


def _mqtt(settings: AlertSettings, means: Means) -> Channel:
    return MqttChannel(means.deliver)


def _webhook(settings: AlertSettings, means: Means) -> Channel:
    return WebhookChannel(settings.url or "", _secret(settings.secret), _poster(settings), means.body)


def _alertmanager(settings: AlertSettings, means: Means) -> Channel:
    return AlertmanagerChannel(settings.url or "", _poster(settings), means.title)


def _email(settings: AlertSettings, means: Means) -> Channel:
    server = Server(
        settings.host, settings.port, settings.tls, settings.timeout / 1000, _user(settings), settings.ca_file
    )
    return EmailChannel(server, settings.sender or "", settings.to, means.title, means.body)


def _telegram(settings: AlertSettings, means: Means) -> Channel:
    token = _secret(settings.token) or ""
    return TelegramChannel(settings.url, token, settings.chat or "", _poster(settings), means.body)


def _cap(settings: AlertSettings, means: Means) -> Channel:
    assert settings.folder is not None
    assert settings.sender is not None
    return CapChannel(
        settings.folder,
        settings.sender,
        settings.status,
        settings.authorised_by,
        means.language,
        means.zone,
        means.title,
        means.place,
    )


CHANNELS: Final[dict[str, Callable[[AlertSettings, Means], Channel]]] = {
    "mqtt": _mqtt,
    "webhook": _webhook,
    "alertmanager": _alertmanager,
    "email": _email,
    "telegram": _telegram,
    "cap": _cap,
}


def _secret(value: object) -> str | None:
    return None if value is None else str(value.get_secret_value())  # type: ignore[attr-defined]


def _user(settings: AlertSettings) -> tuple[str, str] | None:
    return None if settings.username is None else (settings.username, _secret(settings.password) or "")


def _poster(settings: AlertSettings) -> Poster:
    user = _user(settings) if settings.type != "telegram" else None
    return Poster(settings.timeout / 1000, user, settings.ca_file)
