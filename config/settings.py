"""The settings' models: the one place where a key, its default and its meaning stand.

The sample file and `docs/settings.md` are generated from here (`config/sample.py`).
Durations are kept as int milliseconds, sizes as int bytes. What no single field can know (keys that
contradict each other, files that are missing) is found by `config/checks.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from config.formats import FormatName
from telemetry import durations

_CENTURY = 36_525 * 86_400_000


def parse_duration(value: Any) -> Any:
    """Text as in `telemetry.durations`; a bare int is milliseconds already."""
    return durations.parse_duration(value) if isinstance(value, str) else value


def parse_size(value: Any) -> Any:
    """Text as in `telemetry.durations`; a bare int is bytes already."""
    return durations.parse_size(value) if isinstance(value, str) else value


def parse_list(value: Any) -> Any:
    """'a, b' or '["a", "b"]', which is how a list comes from the environment."""
    if isinstance(value, str):
        if value.lstrip().startswith("["):
            try:
                return json.loads(value)
            except json.JSONDecodeError as error:
                raise ValueError(f"not a JSON list: {error}") from error
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


def home_path(path: Path) -> Path:
    """`~` and `~user` as that home. Raises ValueError for what no path can be."""
    if "\0" in str(path):
        raise ValueError("a path can't hold a zero byte")
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(str(error)) from error


def parse_qos(value: Any) -> Any:
    """0 or 1. QoS 2 is refused with the reason."""
    if str(value) == "2":
        raise ValueError(
            "QoS 2 would only cost time: a reading is identified by its series and time, so a repeat"
            " is counted once in any case"
        )
    return int(value) if isinstance(value, str) and value in {"0", "1"} else value


Duration = Annotated[int, BeforeValidator(parse_duration), Field(gt=0, le=_CENTURY)]
Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0, le=10**18)]
FilePath = Annotated[Path, AfterValidator(home_path)]


Republished = Literal["readings", "windows", "anomalies", "incidents", "indicators"]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MqttSettings(Section):
    """The broker that gateways publish to."""

    url: str = Field("mqtt://localhost:1883", description="mqtt:// or mqtts:// (TLS), host, and port")
    client_id: str | None = Field(None, min_length=1, description="null: made once at random and kept in state_dir")
    topics: Annotated[tuple[str, ...], BeforeValidator(parse_list)] = Field(
        ("nadi/v1/+/+/+/+",), min_length=1, description="topic filters to subscribe to"
    )
    qos: Annotated[Literal[0, 1], BeforeValidator(parse_qos)] = Field(
        1, description="1: nothing acknowledged is lost; 0: as the network pleases"
    )
    protocol: Literal["5", "3.1.1"] = Field("5", description="MQTT version")
    receive_maximum: int = Field(10_000, ge=1, le=65_535, description="MQTT 5: messages the broker may have in flight")
    session_expiry: Duration = Field(
        7 * 86_400_000, ge=1000, le=(2**32 - 2) * 1000, description="how long the broker keeps our session while away"
    )
    keep_alive: Duration = Field(30_000, ge=1000, le=65_535_000, description="a ping at least this often")
    retained: Literal["ignore", "deduplicate"] = Field(
        "deduplicate", description="retained readings: taken, and identity removes repeats; or left alone"
    )
    username: str | None = Field(None, description="null: none is asked for")
    password: SecretStr | None = Field(None, description="of username")
    password_file: FilePath | None = Field(None, description="the password is the content of this file")
    ca_file: FilePath | None = Field(None, description="certificates to trust, PEM; null: the system's")
    cert_file: FilePath | None = Field(None, description="our certificate, for mutual TLS, PEM")
    key_file: FilePath | None = Field(None, description="our private key, PEM")


class InfluxSettings(Section):
    """Where series, windows and anomalies are written."""

    url: str = Field("http://localhost:8086", description="of InfluxDB 1, 2 or 3")
    api: Literal["v1", "v2"] = Field(
        "v2", description="v2: /api/v2/write with org, bucket, token; v1: /write with database"
    )
    org: str = Field("city", min_length=1, description="v2: the organisation")
    bucket: str = Field("city", min_length=1, description="v2: the bucket")
    token: SecretStr | None = Field(None, description="v2: with leave to write to the bucket")
    token_file: FilePath | None = Field(None, description="v2: the token is the content of this file")
    database: str = Field("city", min_length=1, description="v1: the database; in InfluxDB 2 the bucket's name")
    username: str | None = Field(None, description="v1; null: none is asked for")
    password: SecretStr | None = Field(None, description="v1: of username")
    password_file: FilePath | None = Field(None, description="v1: the password is the content of this file")
    create: bool = Field(False, description="v1: create the database if it is missing")
    timeout: Duration = Field(10_000, description="of one request")
    gzip: bool = Field(True, description="compress requests")
    backlog: Size = Field(10 * 10**9, description="undelivered bytes in the journal before when_full decides")
    when_full: Literal["block", "drop_oldest"] = Field(
        "block", description="block: stop acknowledging; drop_oldest: counted"
    )


class HistorianSettings(Section):
    """The embedded store. A plain path will do: `historian: ./state/history.duckdb`."""

    path: FilePath = Field(description="a DuckDB file; made when it is missing")
    retention: Duration = Field(90 * 86_400_000, description="older readings and windows are deleted")
    memory_limit: Size = Field(256 * 10**6, description="of the database engine")
    backlog: Size = Field(10 * 10**9, description="undelivered bytes in the journal before when_full decides")
    when_full: Literal["block", "drop_oldest"] = Field(
        "block", description="block: stop acknowledging; drop_oldest: counted"
    )

    @model_validator(mode="before")
    @classmethod
    def _plain_path(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str | Path) else value


class RepublishSettings(Section):
    """Readings, windows and incidents, given back to the broker for other applications; see docs/outward.md."""

    format: Literal["native", "senml", "ngsi-ld"] = Field("native", description="of the messages, all of them JSON")
    what: Annotated[tuple[Republished, ...], BeforeValidator(parse_list)] = Field(
        ("readings", "windows", "incidents"), min_length=1, description="what is published"
    )
    qos: Annotated[Literal[0, 1], BeforeValidator(parse_qos)] = Field(
        1, description="1: until the broker has it; 0: as the network pleases"
    )
    backlog: Size = Field(10**9, description="unpublished bytes in the journal before when_full decides")
    when_full: Literal["block", "drop_oldest"] = Field(
        "drop_oldest", description="block: stop acknowledging; drop_oldest: counted"
    )


class HttpSettings(Section):
    """The page, its API, health and metrics."""

    listen: str = Field("127.0.0.1:8080", description="address:port of the page and API")
    users_file: FilePath | None = Field(None, description="who may log in; needed for an address beyond loopback")
    metrics_listen: str | None = Field(None, description="a separate address:port for /metrics")
    title: str | None = Field(None, description="what the page calls the city; null: its code", max_length=80)


class JournalSettings(Section):
    """The durable log in state_dir."""

    max_bytes: Size = Field(20 * 10**9, description="bounds undelivered data on disk")
    segment_bytes: Size = Field(64 * 10**6, description="one file of the log")
    snapshot_every: Duration = Field(5_000, description="how often the processors' state is saved")


class AnomalySettings(Section):
    """The anomaly engine: how unusual each series is by its own past."""

    on: Literal["readings", "windows", "off"] = Field(
        "windows", description="what is judged: the shortest window's mean, each reading (costs more), or nothing"
    )


class LimitSettings(Section):
    """What bounds memory, disk, and the harm one gateway can do."""

    max_series: int = Field(1_000_000, gt=0, description="series in all; more are refused as series_limit")
    zone_series: int | None = Field(None, gt=0, description="of one zone; null: a quarter of max_series")
    max_payload: Size = Field(
        10**6, description="of one message, as sent and unpacked; a larger one is refused as too_large"
    )
    inflight: Size = Field(64 * 10**6, description="bytes taken from the broker and not yet committed")
    rate: int = Field(50_000, gt=0, description="readings/s that the disk budget is checked against")
    gateway_rate: int = Field(5_000, gt=0, description="readings/s of one gateway; above: refused as rate")
    dead_letters: Size = Field(10**9, description="refused messages that are kept")


Domain = Literal["water", "energy", "waste", "disaster"]


class PlaceSettings(Section):
    """Where sensors of certain names stand."""

    device: str = Field(min_length=1, description="the sensor's name as it is sent; * and ? stand for any characters")
    domain: Domain | None = Field(None, description="null: the rule's")
    zone: str | None = Field(None, min_length=1, description="null: the rule's; a template like it")


class DecoderSettings(Section):
    """Messages in another format than nadi's own: which topics, how to read them, and where their sensors stand."""

    format: FormatName = Field(description="how the messages are written; see docs/formats")
    topics: Annotated[tuple[str, ...], BeforeValidator(parse_list)] = Field(
        (), description="topic filters; empty: those that are usual for the format"
    )
    city: str = Field(min_length=1, description="of the sensors; a template like zone")
    domain: Domain = Field(description="of sensors that neither places nor the catalogue know")
    zone: str = Field(
        "{format}", min_length=1, description="of the same: {2} is the topic's second level, {application} a label"
    )
    places: tuple[PlaceSettings, ...] = Field((), description="the first whose device fits decides")
    precision: Literal["ns", "us", "ms", "s"] = Field("ns", description="influx: of timestamps")
    device_tag: str | None = Field(
        None, min_length=1, description="influx: the tag that is the device; null: measurement and all tags are"
    )
    timezone: str | None = Field(None, description="of times that are written without one; null: the city's")
    mapping: FilePath | dict[str, Any] | None = Field(
        None, description="json: where in the document what stands, or a YAML file that says so"
    )


class AlertSettings(Section):
    """Whom incidents are told to, and which: a channel with its route. Several may use the same means."""

    name: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$", description="of the channel, unique")
    type: Literal["mqtt", "webhook", "alertmanager", "email", "telegram", "cap"] = Field(
        description="by which means; see docs/alerts.md"
    )
    cities: Annotated[tuple[str, ...], BeforeValidator(parse_list)] = Field((), description="only of these; empty: all")
    domains: Annotated[tuple[Domain, ...], BeforeValidator(parse_list)] = Field(
        (), description="only of these; empty: all"
    )
    kinds: Annotated[tuple[str, ...], BeforeValidator(parse_list)] = Field((), description="only these; empty: all")
    severity: Literal["info", "warning", "critical"] = Field("warning", description="at least")
    hours: str | None = Field(
        None, pattern=r"^\d\d:\d\d-\d\d:\d\d$", examples=["07:00-22:00"], description="of the city's day; null: all"
    )
    after: Duration | None = Field(None, description="escalation: only what nobody has acknowledged for so long")
    repeat: Duration | None = Field(None, description="remind this often while nobody acknowledges; null: never")
    timeout: Duration = Field(10_000, description="of one attempt")
    url: str | None = Field(None, description="webhook, alertmanager: whom to POST to; telegram: null for its own")
    secret: SecretStr | None = Field(None, description="webhook: signs each message (HMAC-SHA256)")
    secret_file: FilePath | None = Field(None, description="the secret is the content of this file")
    host: str = Field("localhost", description="email: the mail server")
    port: int = Field(587, ge=1, le=65_535, description="email: of the mail server")
    tls: Literal["starttls", "tls", "none"] = Field("starttls", description="email: none only on loopback")
    ca_file: FilePath | None = Field(None, description="certificates to trust, PEM; null: the system's")
    username: str | None = Field(None, description="email, webhook, alertmanager; null: none is asked for")
    password: SecretStr | None = Field(None, description="of username")
    password_file: FilePath | None = Field(None, description="the password is the content of this file")
    sender: str | None = Field(None, description="email: the address it comes from; cap: who warns, as a domain name")
    to: Annotated[tuple[str, ...], BeforeValidator(parse_list)] = Field(
        (), description="email: the addresses it goes to"
    )
    token: SecretStr | None = Field(None, description="telegram: of the bot")
    token_file: FilePath | None = Field(None, description="telegram: the token is the content of this file")
    chat: str | None = Field(None, description="telegram: id of the chat")
    folder: FilePath | None = Field(None, description="cap: where messages and the Atom feed are written")
    status: Literal["Exercise", "Draft", "Test", "Actual"] = Field(
        "Exercise", description="cap: Actual is real to all who read it, and needs authorised_by"
    )
    authorised_by: str | None = Field(None, min_length=1, description="cap: the person who answers for Actual")


class Settings(Section):
    """All settings of a running nadi."""

    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    decoders: Annotated[tuple[DecoderSettings, ...], BeforeValidator(parse_list)] = Field(default_factory=tuple)
    influx: InfluxSettings | None = None
    historian: HistorianSettings | None = None
    republish: RepublishSettings | None = None
    state_dir: FilePath = Field(Path("state"), description="a folder for the journal and all else that must last")
    timezone: str = Field("Asia/Jakarta", description="of the city: night flow and daily reports")
    language: Literal["id", "en"] = Field("id", description="of reasons and pages")
    cities: dict[str, Annotated[str, Field(min_length=1, max_length=80)]] = Field(
        {}, description="what people call each city, by its code in the topics: {3578: Surabaya}"
    )
    windows: Annotated[tuple[Duration, ...], BeforeValidator(parse_list)] = Field(
        (60_000, 900_000, 3_600_000), min_length=1, description="multiples of the first; at most 14"
    )
    grace: Duration = Field(10_000, description="how long a window waits for its device's stragglers")
    idle_close: Duration = Field(120_000, description="a silent device's windows close after this")
    lateness: Duration = Field(3_600_000, description="later readings are stored, not windowed")
    max_future: Duration = Field(120_000, description="readings further ahead of our clock are refused")
    raw: bool = Field(True, description="write raw readings, not only windows")
    catalogue: FilePath | None = Field(None, description="CSV or YAML of sensors; see docs/catalogue.md")
    anomaly: AnomalySettings = Field(default_factory=AnomalySettings)
    thresholds: FilePath | None = Field(
        None, description="YAML of what the domain analytics watch for; null: their defaults"
    )
    alerts: Annotated[tuple[AlertSettings, ...], BeforeValidator(parse_list)] = Field(default_factory=tuple)
    http: HttpSettings = Field(default_factory=HttpSettings)
    journal: JournalSettings = Field(default_factory=JournalSettings)
    shutdown_timeout: Duration = Field(30_000, description="SIGTERM drains within this")
    limits: LimitSettings = Field(default_factory=LimitSettings)
