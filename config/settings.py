"""The settings' models: the one place where a key, its default and its meaning stand.

The sample file and `docs/settings.md` are generated from here (`config/sample.py`).
Durations are kept as int milliseconds, sizes as int bytes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

_UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def parse_duration(value: Any) -> Any:
    """'90s', '1h30m', '250ms' as milliseconds; a bare int is milliseconds already."""
    if isinstance(value, str):
        parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value)
        if not parts or "".join(number + unit for number, unit in parts) != value.replace(" ", ""):
            raise ValueError(f"{value!r} is not a duration; write a number and a unit: ms, s, m, h or d, like '90s'")
        return int(sum(float(number) * _UNITS[unit] for number, unit in parts))
    return value


def parse_size(value: Any) -> Any:
    """'64MB', '10GB' as bytes; a bare int is bytes already."""
    if isinstance(value, str):
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|TB|KiB|MiB|GiB)\s*", value)
        if not match:
            raise ValueError(f"{value!r} is not a size; write a number and a unit: kB, MB, GB or TB, like '64MB'")
        return int(float(match[1]) * _SIZES[match[2]])
    return value


Duration = Annotated[int, BeforeValidator(parse_duration), Field(gt=0)]
Size = Annotated[int, BeforeValidator(parse_size), Field(gt=0)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MqttSettings(Section):
    """The broker that gateways publish to."""

    url: str = Field("mqtt://localhost:1883", description="mqtt:// or mqtts:// (TLS), host, and port")
    client_id: str | None = Field(None, description="null: made once at random and kept in state_dir")
    topics: tuple[str, ...] = Field(("nadi/v1/+/+/+/+",), min_length=1, description="topic filters to subscribe to")
    qos: Literal[0, 1] = Field(1, description="1: nothing acknowledged is lost; 0: as the network pleases")
    protocol: Literal["5", "3.1.1"] = Field("5", description="MQTT version")
    receive_maximum: int = Field(10_000, ge=1, le=65_535, description="MQTT 5: messages the broker may have in flight")
    session_expiry: Duration = Field(
        7 * 86_400_000, description="how long the broker keeps our session while we are away"
    )
    keep_alive: Duration = Field(30_000, description="a ping at least this often")
    retained: Literal["ignore", "deduplicate"] = Field(
        "deduplicate", description="retained readings: taken, and identity removes repeats; or left alone"
    )
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = Field(None, description="certificates to trust, PEM; null: the system's")
    cert_file: Path | None = Field(None, description="our certificate, for mutual TLS, PEM")
    key_file: Path | None = Field(None, description="our private key, PEM")


class InfluxSettings(Section):
    """Where series, windows and anomalies are written."""

    url: str = Field("http://localhost:8086", description="of InfluxDB 1, 2 or 3")
    api: Literal["v1", "v2"] = Field(
        "v2", description="v2: /api/v2/write with org, bucket, token; v1: /write with database"
    )
    org: str = "city"
    bucket: str = "city"
    token: SecretStr | None = None
    database: str = "city"
    username: str | None = None
    password: SecretStr | None = None
    create: bool = Field(False, description="v1: create the database if it is missing")
    timeout: Duration = Field(10_000, description="of one request")
    gzip: bool = Field(True, description="compress requests")
    backlog: Size = Field(10 * 10**9, description="undelivered bytes in the journal before when_full decides")
    when_full: Literal["block", "drop_oldest"] = Field(
        "block", description="block: stop acknowledging; drop_oldest: counted"
    )


class HistorianSettings(Section):
    """The embedded store."""

    path: Path = Field(description="a DuckDB file")
    retention: Duration = Field(90 * 86_400_000, description="older readings and windows are deleted")
    memory_limit: Size = Field(256 * 10**6, description="of the database engine")
    backlog: Size = Field(10 * 10**9)
    when_full: Literal["block", "drop_oldest"] = "block"


class HttpSettings(Section):
    listen: str = Field("127.0.0.1:8080", description="address:port of the page and API")
    users_file: Path | None = Field(None, description="needed for an address other than loopback")
    metrics_listen: str | None = Field(None, description="a separate address for /metrics")


class JournalSettings(Section):
    max_bytes: Size = Field(20 * 10**9, description="bounds undelivered data on disk")
    segment_bytes: Size = Field(64 * 10**6, description="one file of the log")
    snapshot_every: Duration = Field(5_000, description="how often the processors' state is saved")


class LimitSettings(Section):
    max_series: int = Field(1_000_000, gt=0)
    zone_series: int | None = Field(None, gt=0, description="of one zone; null: a quarter of max_series")
    max_payload: Size = Field(10**6, description="of one message; a larger one is refused as too_large")
    inflight: Size = Field(64 * 10**6, description="bytes taken from the broker and not yet committed")
    rate: int = Field(50_000, gt=0, description="readings/s that the disk budget is checked against")
    gateway_rate: int = Field(5_000, gt=0, description="readings/s of one gateway; above: refused as rate")
    dead_letters: Size = Field(10**9, description="refused messages that are kept")


class Settings(Section):
    """All settings of a running nadi."""

    mqtt: MqttSettings = Field(default_factory=MqttSettings)
    influx: InfluxSettings | None = None
    historian: HistorianSettings | None = None
    state_dir: Path = Path("state")
    timezone: str = Field("Asia/Jakarta", description="of the city: night flow and daily reports")
    language: Literal["id", "en"] = Field("id", description="of reasons and pages")
    windows: tuple[Duration, ...] = Field(
        (60_000, 900_000, 3_600_000), min_length=1, description="multiples of the first"
    )
    grace: Duration = Field(10_000, description="how long a window waits for its device's stragglers")
    idle_close: Duration = Field(120_000, description="a silent device's windows close after this")
    lateness: Duration = Field(3_600_000, description="later readings are stored, not windowed")
    max_future: Duration = Field(120_000, description="readings further ahead of our clock are refused")
    retire_after: Duration = Field(30 * 86_400_000, description="an idle series gives its id back")
    raw: bool = Field(True, description="write raw readings, not only windows")
    catalogue: Path | None = Field(None, description="CSV or YAML of sensors")
    http: HttpSettings = Field(default_factory=HttpSettings)
    journal: JournalSettings = Field(default_factory=JournalSettings)
    shutdown_timeout: Duration = Field(30_000, description="SIGTERM drains within this")
    limits: LimitSettings = Field(default_factory=LimitSettings)
