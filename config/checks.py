"""Settings that are each well formed but can't work together, or not on this machine.

Each check yields what it refuses, with the reason and what to do. No network is touched.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from config.alerts import alerts
from config.formats import NEED_TOPICS, template_fault
from config.problems import Key, nearest, shown
from config.settings import HistorianSettings, InfluxSettings, Settings
from config.values import (
    Contradiction,
    Found,
    check_address,
    check_authorities,
    check_readable,
    check_url,
    check_writable,
    is_loopback,
)
from telemetry.durations import format_duration, format_size

READING_BYTES = 36
"""Of one reading in the columns of `telemetry.batch.Readings`, as the journal and the chunks keep it."""
OWN_TOPICS = "nadi-out/"
MOST_WINDOWS, SHORTEST_WINDOW = 14, 2**32 - 1
"""How many lengths, and the most (ms) that the first may last: what `processors/windows/config.py` has room for."""


def contradictions(settings: Settings) -> list[Contradiction]:
    """Everything that the checks below refuse, in their order."""
    return [found for check in CHECKS for found in check(settings)]


def broker(settings: Settings) -> Found:
    mqtt = settings.mqtt
    yield from check_url(("mqtt", "url"), mqtt.url, ("mqtt", "mqtts"))
    if mqtt.password is not None and mqtt.username is None:
        yield Contradiction(("mqtt", "password"), "given without mqtt.username", ("mqtt.username",))
    files = {name: getattr(mqtt, name) for name in ("ca_file", "cert_file", "key_file")}
    if not mqtt.url.startswith("mqtts:"):
        for name in (name for name, path in files.items() if path):
            yield Contradiction(
                ("mqtt", name), "is for TLS, but mqtt.url is not mqtts://…; change one of the two", ("mqtt.url",)
            )
    for one, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if files[one] and not files[other]:
            yield Contradiction(("mqtt", one), f"needs mqtt.{other} beside it", (f"mqtt.{other}",))
    for name, path in files.items():
        yield from check_readable(("mqtt", name), path)
    yield from _certificates(files)


def _certificates(files: dict[str, Path | None]) -> Found:
    """What OpenSSL would only say when the connection is made."""
    if any(path and not os.access(path, os.R_OK) for path in files.values()):
        return
    yield from check_authorities(("mqtt", "ca_file"), files["ca_file"])
    certificate, key = files["cert_file"], files["key_file"]
    if certificate and key:
        try:
            # An empty password makes an encrypted key an error, rather than a question on the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
        except (ssl.SSLError, OSError) as error:
            text = f"{shown(str(certificate))} and {shown(str(key))} do not go together as certificate and"
            yield Contradiction(("mqtt", "cert_file"), f"{text} private key, PEM and not encrypted ({error})")


def topics(settings: Settings) -> Found:
    seen: set[str] = set()
    for index, topic in enumerate(settings.mqtt.topics):
        yield from _topic_filter(("mqtt", "topics", index), topic, seen)
    for number, rule in enumerate(settings.decoders):
        for index, topic in enumerate(rule.topics):
            yield from _topic_filter(("decoders", number, "topics", index), topic, seen)


def _topic_filter(key: Key, topic: str, seen: set[str]) -> Found:
    levels = topic.split("/")
    if levels[0] == "$share" and len(levels) > 2:
        levels = levels[2:]
    wild = [level for level in levels if ("+" in level and level != "+") or ("#" in level and level != "#")]
    if not topic or "\0" in topic or len(topic.encode(errors="replace")) > 65_535:
        yield Contradiction(key, f"{shown(topic)} is not a topic filter: 1 to 65,535 bytes, none of them zero")
    elif wild or "#" in levels[:-1]:
        yield Contradiction(
            key, f"{shown(topic)} is not a topic filter: + stands for a whole level, # for all that follow, last"
        )
    elif levels[0] in {"#", OWN_TOPICS[:-1]} or (levels[0] == "+" and key[0] == "mqtt"):
        yield Contradiction(
            key, f"{shown(topic)} would bring nadi its own messages ({OWN_TOPICS}…) back; begin it with nadi/v1/"
        )
    if topic in seen:
        yield Contradiction(key, f"{shown(topic)} is given twice")
    seen.add(topic)


def decoders(settings: Settings) -> Found:
    usual: dict[str, int] = {}
    for number, rule in enumerate(settings.decoders):
        key = ("decoders", number)
        if not rule.topics:
            if rule.format in NEED_TOPICS:
                yield Contradiction((*key, "topics"), f"{rule.format} has no usual topics: name the topic filters")
            elif rule.format in usual:
                text = f"decoders[{usual[rule.format]}] takes the usual topics of {rule.format} already; name others"
                yield Contradiction((*key, "topics"), text)
            usual[rule.format] = number
        if (rule.format == "json") != (rule.mapping is not None):
            text = "is required by json" if rule.mapping is None else f"is for json; {rule.format} needs none"
            yield Contradiction((*key, "mapping"), text)
        if isinstance(rule.mapping, Path):
            yield from check_readable((*key, "mapping"), rule.mapping)
        if rule.precision != "ns" and rule.format != "influx":
            yield Contradiction((*key, "precision"), f"is for influx; the times of {rule.format} say what they are")
        if rule.device_tag is not None and rule.format != "influx":
            yield Contradiction((*key, "device_tag"), f"is for influx; {rule.format} has no tags")
        if rule.timezone is not None:
            yield from _timezone(rule.timezone, (*key, "timezone"))
        templates: list[tuple[Key, str]] = [((*key, "city"), rule.city), ((*key, "zone"), rule.zone)]
        templates += [((*key, "places", at, "zone"), place.zone or "") for at, place in enumerate(rule.places)]
        for place_of, template in templates:
            if fault := template_fault(template):
                yield Contradiction(place_of, f"{shown(template)}: {fault}")


def sinks(settings: Settings) -> Found:
    if settings.influx is None and settings.historian is None:
        yield Contradiction(
            ("influx",),
            "neither influx nor historian is set, so nothing would be stored; set one, as in historian: state/history",
            ("influx", "historian"),
        )
    backlogs = {"influx": settings.influx, "historian": settings.historian, "republish": settings.republish}
    for name, sink in backlogs.items():
        if sink is not None and sink.backlog > settings.journal.max_bytes:
            yield Contradiction(
                (name, "backlog"),
                f"{format_size(sink.backlog)} is above journal.max_bytes ({format_size(settings.journal.max_bytes)}),"
                f" which would fill first, so {name}.when_full would never decide; lower the one or raise the other",
                (f"{name}.backlog", "journal.max_bytes"),
            )
    if settings.influx is not None:
        yield from _influx(settings.influx)
    if settings.historian is not None:
        yield from _historian(settings.historian, settings.lateness)


def _influx(influx: InfluxSettings) -> Found:
    yield from check_url(("influx", "url"), influx.url, ("http", "https"))
    given = {name for name in influx.model_fields_set if getattr(influx, name) is not None}
    of_other = {
        "v1": ("org", "bucket", "token"),
        "v2": ("database", "username", "password", "create"),
    }[influx.api]
    for name in (name for name in of_other if name in given):
        hint = "it has database, username and password" if influx.api == "v1" else "it has org, bucket and token"
        yield Contradiction(
            ("influx", name), f"is not for api: {influx.api}, which would ignore it; {hint}", ("influx.api",)
        )
    if influx.api == "v1" and influx.password is not None and influx.username is None:
        yield Contradiction(("influx", "password"), "given without influx.username", ("influx.username",))


def _historian(historian: HistorianSettings, lateness: int) -> Found:
    if historian.path.is_dir():
        yield Contradiction(("historian", "path"), f"{shown(str(historian.path))} is a folder; name a file in it")
    else:
        yield from check_writable(("historian", "path"), historian.path)
    if historian.retention < lateness:
        yield Contradiction(
            ("historian", "retention"),
            f"{format_duration(historian.retention)} is less than lateness ({format_duration(lateness)}): windows"
            " would be deleted while late readings can still change them",
            ("lateness",),
        )


def time(settings: Settings) -> Found:
    first, *longer = settings.windows
    if len(settings.windows) > MOST_WINDOWS:
        yield Contradiction(("windows",), f"{len(settings.windows)} lengths; allowed: 1 to {MOST_WINDOWS}")
    if first > SHORTEST_WINDOW:
        text = f"{format_duration(first)} is too long for the first window; allowed: at most 49d"
        yield Contradiction(("windows", 0), text)
    for index, window in enumerate(settings.windows):
        if window % first:
            yield Contradiction(
                ("windows", index),
                f"{format_duration(window)} is not a multiple of the first window, {format_duration(first)},"
                " from which it is merged",
            )
    if longer != sorted(set(longer) - {first}) or (longer and longer[0] <= first):
        yield Contradiction(("windows",), "each window must be longer than the one before it")
    if settings.lateness < settings.grace:
        yield Contradiction(
            ("lateness",),
            f"{format_duration(settings.lateness)} is less than grace ({format_duration(settings.grace)}): readings"
            " would be too late for a window that is still open",
            ("grace",),
        )
    if settings.idle_close < settings.grace:
        yield Contradiction(
            ("idle_close",),
            f"{format_duration(settings.idle_close)} is less than grace ({format_duration(settings.grace)}): windows"
            " would close as silent before they close as complete",
            ("grace",),
        )
    yield from _timezone(settings.timezone)


def _timezone(name: str, key: Key = ("timezone",)) -> Found:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        meant = nearest(name, {zone.lower(): zone for zone in available_timezones()})
        proper = next((zone for zone in available_timezones() if zone.lower() == meant), None)
        hint = f"did you mean {proper}? " if proper else ""
        yield Contradiction(
            key, f"{shown(name)} is not a time zone; {hint}allowed: names like Asia/Jakarta, Asia/Makassar"
        )


def room(settings: Settings) -> Found:
    journal, limits = settings.journal, settings.limits
    horizon = settings.lateness // 1000 * limits.rate * READING_BYTES
    if horizon > journal.max_bytes:
        longest = format_duration(journal.max_bytes // (limits.rate * READING_BYTES) * 1000 or 1)
        yield Contradiction(
            ("lateness",),
            f"{format_duration(settings.lateness)} of readings at limits.rate ({limits.rate}/s) are"
            f" {horizon / 1e9:.1f} GB ({READING_BYTES} bytes each), more than journal.max_bytes"
            f" ({format_size(journal.max_bytes)}); raise that, or lower lateness (to {longest}) or limits.rate",
            ("lateness", "journal.max_bytes", "limits.rate"),
        )
    if journal.segment_bytes * 2 > journal.max_bytes:
        yield Contradiction(
            ("journal", "segment_bytes"),
            f"{format_size(journal.segment_bytes)} is more than half of journal.max_bytes"
            f" ({format_size(journal.max_bytes)}): room is given back by whole segments",
            ("journal.max_bytes",),
        )
    for name in ("inflight", "dead_letters"):
        if limits.max_payload > getattr(limits, name):
            yield Contradiction(
                ("limits", "max_payload"),
                f"{format_size(limits.max_payload)} is more than limits.{name} ({format_size(getattr(limits, name))}):"
                " one such message would not fit",
                (f"limits.{name}",),
            )
    if limits.max_payload > journal.segment_bytes:
        yield Contradiction(
            ("limits", "max_payload"),
            f"{format_size(limits.max_payload)} is more than journal.segment_bytes"
            f" ({format_size(journal.segment_bytes)}): such a message could not be stored",
            ("journal.segment_bytes",),
        )
    if limits.zone_series is not None and limits.zone_series > limits.max_series:
        yield Contradiction(
            ("limits", "zone_series"),
            f"{limits.zone_series} is more than limits.max_series ({limits.max_series}) allows for all zones",
            ("limits.max_series",),
        )


def files(settings: Settings) -> Found:
    yield from check_readable(("catalogue",), settings.catalogue)
    if settings.state_dir.exists() and not settings.state_dir.is_dir():
        yield Contradiction(("state_dir",), f"{shown(str(settings.state_dir))} is a file; name a folder")
    else:
        yield from check_writable(("state_dir",), settings.state_dir)


def http(settings: Settings) -> Found:
    listen = settings.http.listen
    yield from check_address(("http", "listen"), listen)
    if settings.http.metrics_listen is not None:
        yield from check_address(("http", "metrics_listen"), settings.http.metrics_listen)
        if settings.http.metrics_listen == listen and not listen.endswith(":0"):
            yield Contradiction(
                ("http", "metrics_listen"), "is the same as http.listen, which serves /metrics already; leave it out"
            )
    if settings.http.users_file is None and not is_loopback(listen):
        yield Contradiction(
            ("http", "listen"),
            f"{shown(listen)} can be reached from other machines, so it needs http.users_file; or listen on 127.0.0.1",
            ("http.users_file",),
        )
    yield from check_readable(("http", "users_file"), settings.http.users_file)


CHECKS: tuple[Callable[[Settings], Found], ...] = (broker, topics, decoders, alerts, sinks, time, room, http, files)
