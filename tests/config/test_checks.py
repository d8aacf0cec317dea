"""Settings that contradict each other are refused, each with its reason; sensible ones are not."""

from pathlib import Path
from typing import Any

import pytest

from config.checks import MOST_WINDOWS, SHORTEST_WINDOW, contradictions
from config.problems import dotted
from config.settings import Settings
from processors.windows.config import MAX_BASE, MAX_LENGTHS
from tests.certificates import Authority


def refused(**sections: Any) -> dict[str, str]:
    """Key -> reason, for settings that are otherwise fine."""
    settings = Settings.model_validate({"historian": "h.duckdb"} | sections)
    reasons: dict[str, str] = {}
    for found in contradictions(settings):
        reasons[dotted(found.key)] = reasons.get(dotted(found.key), "") + found.text
    return reasons


def test_the_defaults_with_a_store_are_fine() -> None:
    assert refused() == {}
    assert refused(influx={"token": "t"}, http={"listen": "[::1]:0", "metrics_listen": "0.0.0.0:9464"}) == {}
    assert refused(influx={"api": "v1", "username": "u", "password": "p", "database": "d"}) == {}
    assert refused(mqtt={"topics": ["nadi/v1/3578/#", "$share/group/nadi/v1/+/+/+/+"]}) == {}


@pytest.mark.parametrize(
    ("sections", "key", "reason"),
    [
        ({"historian": None}, "influx", "nothing would be stored"),
        ({"windows": ["1m", "90s"]}, "windows[1]", "90s is not a multiple of the first window, 1m"),
        ({"windows": ["1m", "1m"]}, "windows", "longer than the one before"),
        ({"windows": ["1m", "1h", "15m"]}, "windows", "longer than the one before"),
        ({"windows": [f"{minutes}m" for minutes in range(1, 16)]}, "windows", "15 lengths; allowed: 1 to 14"),
        ({"windows": ["50d"]}, "windows[0]", "50d is too long for the first window; allowed: at most 49d"),
        ({"http": {"listen": "0.0.0.0:8080"}}, "http.listen", "needs http.users_file"),
        ({"http": {"listen": ":8080"}}, "http.listen", "needs http.users_file"),
        ({"http": {"listen": "[::]:8080"}}, "http.listen", "needs http.users_file"),
        ({"http": {"listen": "city.example:8080"}}, "http.listen", "needs http.users_file"),
        ({"http": {"listen": "8080"}}, "http.listen", "not an address and port"),
        ({"http": {"listen": "localhost:99999"}}, "http.listen", "not an address and port"),
        ({"http": {"metrics_listen": "127.0.0.1:8080"}}, "http.metrics_listen", "the same as http.listen"),
        ({"http": {"users_file": "/no/users"}}, "http.users_file", "can't be read"),
        ({"lateness": "12h"}, "lateness", "77.8 GB (36 bytes each), more than journal.max_bytes (20GB)"),
        ({"limits": {"rate": 500_000}}, "lateness", "64.8 GB"),
        ({"lateness": "5s"}, "lateness", "less than grace (10s)"),
        ({"idle_close": "5s"}, "idle_close", "less than grace (10s)"),
        ({"timezone": "asia/jakrta"}, "timezone", "did you mean Asia/Jakarta?"),
        ({"timezone": "../etc/passwd"}, "timezone", "not a time zone"),
        ({"timezone": "Asia"}, "timezone", "not a time zone"),
        ({"journal": {"max_bytes": "8GB"}}, "historian.backlog", "above journal.max_bytes (8GB)"),
        ({"journal": {"segment_bytes": "15GB"}}, "journal.segment_bytes", "more than half of journal.max_bytes"),
        ({"limits": {"max_payload": "65MB"}}, "limits.max_payload", "limits.inflight (64MB)"),
        ({"limits": {"max_series": 10, "zone_series": 11}}, "limits.zone_series", "limits.max_series (10)"),
        ({"influx": {"api": "v1", "token": "t"}}, "influx.token", "not for api: v1"),
        ({"influx": {"api": "v1", "org": "o"}}, "influx.org", "not for api: v1"),
        ({"influx": {"username": "u"}}, "influx.username", "not for api: v2"),
        ({"influx": {"api": "v1", "password": "p"}}, "influx.password", "without influx.username"),
        ({"influx": {"url": "localhost:8086"}}, "influx.url", "not an address"),
        ({"influx": {"url": "http://u:p@h"}}, "influx.url", "must not hold a password"),
        ({"influx": {"url": "http://h:99999"}}, "influx.url", "not an address"),
        ({"historian": "/"}, "historian.path", "is a folder"),
        ({"historian": {"path": "h", "retention": "10m"}}, "historian.retention", "less than lateness (1h)"),
        ({"mqtt": {"url": "http://localhost"}}, "mqtt.url", "allowed: mqtt://host:port or mqtts://host:port"),
        ({"mqtt": {"url": "mqtt://h:1883/nadi"}}, "mqtt.url", "more to it than an address"),
        ({"mqtt": {"password": "p"}}, "mqtt.password", "without mqtt.username"),
        ({"mqtt": {"topics": ["#"]}}, "mqtt.topics[0]", "its own messages"),
        ({"mqtt": {"topics": ["$share/g/nadi-out/#"]}}, "mqtt.topics[0]", "its own messages"),
        ({"mqtt": {"topics": ["nadi/#/x"]}}, "mqtt.topics[0]", "not a topic filter"),
        ({"mqtt": {"topics": ["nadi/v1/a+/#"]}}, "mqtt.topics[0]", "not a topic filter"),
        ({"mqtt": {"topics": ["nadi/v1/#", "nadi/v1/#"]}}, "mqtt.topics[1]", "given twice"),
        ({"catalogue": "/no/sensors.csv"}, "catalogue", "can't be read: No such file"),
        ({"state_dir": "/dev/null"}, "state_dir", "is a file"),
        ({"state_dir": "/dev/null/state"}, "state_dir", "can't be made: /dev/null is a file"),
    ],
)
def test_refused_with_its_reason(sections: dict[str, Any], key: str, reason: str) -> None:
    found = refused(**sections)
    assert reason in found.get(key, ""), found


def test_the_windows_that_are_allowed_are_those_there_is_room_for() -> None:
    assert (MAX_LENGTHS, MAX_BASE) == (MOST_WINDOWS, SHORTEST_WINDOW)
    assert refused(windows=[f"{minutes}m" for minutes in range(1, MOST_WINDOWS + 1)]) == {}
    assert refused(windows=["49d"]) == {}


def test_certificates_are_tried_before_any_connection(tmp_path: Path, authority: Authority) -> None:
    one, other = authority.client("one"), authority.client("other")
    good = {"url": "mqtts://h", "ca_file": authority.ca_file, "cert_file": one.cert_file, "key_file": one.key_file}
    assert refused(mqtt=good) == {}
    assert "do not go together" in refused(mqtt=good | {"key_file": other.key_file})["mqtt.cert_file"]
    assert "holds no certificates" in refused(mqtt=good | {"ca_file": one.key_file})["mqtt.ca_file"]
    assert "needs mqtt.key_file" in refused(mqtt=good | {"key_file": None})["mqtt.cert_file"]
    assert "is for TLS" in refused(mqtt=good | {"url": "mqtt://h"})["mqtt.ca_file"]
    assert "can't be read" in refused(mqtt=good | {"ca_file": tmp_path / "none"})["mqtt.ca_file"]
