"""Settings from files and the environment: what is taken, and how what is wrong is said."""

import re
from pathlib import Path

import pytest

from config.loader import load_settings
from config.settings import Settings
from pipeline.commands import client
from telemetry.errors import SettingsError

ROOT = Path(__file__).resolve().parents[2]
STORE = "historian: h.duckdb\n"


def settings(tmp_path: Path, text: str, **environ: str) -> Settings:
    path = tmp_path / "nadi.yaml"
    path.write_text(text)
    return load_settings(path, environ)


def refusal(tmp_path: Path, text: str, **environ: str) -> list[str]:
    """The problems, a line each, without the folder's name."""
    with pytest.raises(SettingsError) as caught:
        settings(tmp_path, text, **environ)
    heading, *lines = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert heading == f"{len(lines)} problem{'s' * (len(lines) > 1)} in the settings"
    return [line.removeprefix("  ") for line in lines]


def test_file_and_environment_together_with_the_environment_on_top(tmp_path: Path) -> None:
    text = STORE + "mqtt: {url: 'mqtt://broker:1884', qos: 0}\nwindows: [30s, 5m]\n"
    got = settings(
        tmp_path, text, NADI_MQTT__QOS="1", NADI_MQTT__TOPICS='["nadi/v1/#", "b,c"]', NADI_LATENESS="90m", HOME="/x"
    )
    assert (got.mqtt.url, got.mqtt.qos, got.mqtt.topics) == ("mqtt://broker:1884", 1, ("nadi/v1/#", "b,c"))
    assert (got.windows, got.lateness) == ((30_000, 300_000), 5_400_000)
    assert settings(tmp_path, STORE, NADI_WINDOWS="1m, 1h").windows == (60_000, 3_600_000)


def test_the_environment_alone_will_do() -> None:
    got = load_settings(None, {"NADI_INFLUX__URL": "http://influx:8086", "NADI_INFLUX__TOKEN": "t"})
    assert got.influx is not None
    assert got.influx.url == "http://influx:8086"


def test_scalars_mean_what_was_written_not_what_yaml_makes_of_them(tmp_path: Path) -> None:
    text = STORE + "mqtt: {protocol: 5, username: no, password: 0123, client_id: 1e3}\nhttp: {listen: localhost:80}\n"
    got = settings(tmp_path, text).mqtt
    assert (got.protocol, got.username, got.client_id) == ("5", "no", "1e3")
    assert got.password is not None
    assert got.password.get_secret_value() == "0123"


def test_sections_left_empty_and_variables_left_empty_are_defaults(tmp_path: Path) -> None:
    got = settings(tmp_path, STORE + "mqtt:\n  # qos: 0\nlimits:\n", NADI_MQTT__USERNAME="", NADI_TIMEZONE=" ")
    assert (got.mqtt, got.limits) == (Settings().mqtt, Settings().limits)


def test_variables_of_kubernetes_compose_and_tests_are_none_of_our_settings(tmp_path: Path) -> None:
    others = {"NADI_SERVICE_HOST": "10.0.0.1", "NADI_PORT": "tcp://10.0.0.1", "NADI_PORT_80_TCP": "x", "NADI_UID": "1"}
    others["NADI_TEST_KILL_AT"] = "trim"
    others[client.PASSWORD] = "of a user of the page"
    for compose in ("docker-compose.yml", "deploy/compose.tls.yml"):
        others |= dict.fromkeys(re.findall(r"\$\{(NADI_\w+)", (ROOT / compose).read_text()), "en")
    assert {"NADI_GRAFANA_LANGUAGE", "NADI_MQTTS_LISTEN", "NADI_DATA"} <= set(others)
    assert settings(tmp_path, STORE, **others)


def test_a_key_below_the_plain_path_of_the_historian(tmp_path: Path) -> None:
    store = settings(tmp_path, STORE, NADI_HISTORIAN__RETENTION="7d").historian
    assert store is not None
    assert (store.path, store.retention) == (Path("h.duckdb"), 7 * 86_400_000)


def test_every_problem_is_named_with_place_value_and_what_is_allowed(tmp_path: Path) -> None:
    text = "mqtt:\n  qos: 2\n  toppics: [a]\ngrace: 10\nhistorian: h\nlimits: {rate: many, max_series: 0}\n"
    lines = refusal(tmp_path, text, NADI_JOURNAL__MAX_BYTES="5G", NADI_LATENES="1h")
    assert lines[0].startswith("nadi.yaml:2:3: mqtt.qos: '2' is not allowed; allowed: 0 or 1. QoS 2 would only cost")
    assert lines[1].startswith("nadi.yaml:3:3: mqtt.toppics: no such key; did you mean topics? allowed here: url,")
    assert lines[2].startswith("nadi.yaml:4:1: grace: '10' is not allowed; allowed: a duration (number and unit: ms")
    assert lines[3].startswith("environment variable NADI_JOURNAL__MAX_BYTES: journal.max_bytes: '5G' is not allowed")
    assert lines[4] == "nadi.yaml:6:22: limits.max_series: '0' is not allowed; allowed: a whole number, above 0"
    assert lines[5] == "nadi.yaml:6:10: limits.rate: 'many' is not allowed; allowed: a whole number, above 0"
    assert lines[6].startswith("environment variable NADI_LATENES: latenes: no such key; did you mean lateness?")
    assert len(lines) == 7


def test_contradictions_show_beside_wrong_keys_but_not_their_consequences(tmp_path: Path) -> None:
    lines = refusal(tmp_path, "influxx: {}\nhttp: {listen: '0.0.0.0:1'}\n")
    assert ["influxx" in lines[0], "users_file" in lines[1], len(lines)] == [True, True, 2]


def test_keys_given_twice(tmp_path: Path) -> None:
    [line] = refusal(tmp_path, STORE + "raw: true\nraw: false\n")
    assert line == "nadi.yaml:3:1: raw: given twice; it is also in line 2"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("mqtt: [", "not YAML"),
        ("- a", "nadi.yaml:1:1: settings are keys and values"),
        ("mqtt: {url: \x00}", "not YAML"),
        (STORE + "a: &a [*a]", "anchors and aliases are not allowed"),
        (STORE + "mqtt: {password: !vault x, username: y}", "the tag !vault is not allowed"),
        (STORE + "? [a]\n: b", "a key must be a word"),
        (STORE + "mqtt: x", "mqtt: 'x' is not allowed; allowed: a section with the keys url,"),
        (
            STORE + "windows: {a: 1}",
            "windows: a section is not allowed; allowed: a list (not empty); each item a duration",
        ),
        (STORE + "windows: []", "windows: an empty list is not allowed; allowed: a list (not empty); each item a dur"),
        (STORE + "mqtt: {client_id: ''}", "mqtt.client_id: '' is not allowed; allowed: text (not empty) or null"),
        (
            STORE + "alerts: [{name: a b, type: mqtt}]",
            r"'a b' is not allowed; allowed: text (at most 64 characters, not empty, matching ^[\w.-]+$)",
        ),
        (
            STORE + "alerts: [{name: a, type: mqtt, hours: '7-9'}]",
            r"'7-9' is not allowed; allowed: text (matching ^\d\d:\d\d-\d\d:\d\d$) or null; like 07:00-22:00",
        ),
        (STORE + "raw: maybe", "raw: 'maybe' is not allowed; allowed: true or false"),
        (STORE + "lateness: " + "9" * 400 + "d", "is not allowed; allowed: a duration"),
        (STORE + "lateness: -5s", "lateness: '-5s' is not allowed"),
        ("historian: {retention: 1d}", "nadi.yaml:1:1: historian.path: is required: a path"),
        (
            'historian: h\ncatalogue: "a\\0b"',
            "catalogue: 'a\\x00b' is not allowed; allowed: a path or null. a path",
        ),
        ("historian: ~nobody-here/h", "historian.path: '~nobody-here/h' is not allowed; allowed: a path. Could not"),
        ("influx: {token_file: ~nobody-here/t}", "influx.token_file: '~nobody-here/t' holds no secret: Could not"),
        ("", "influx: neither influx nor historian is set"),
    ],
)
def test_one_wrong_thing(tmp_path: Path, text: str, problem: str) -> None:
    lines = refusal(tmp_path, text)
    assert any(problem in line for line in lines), lines


def test_a_list_with_a_wrong_item_is_not_called_too_short(tmp_path: Path) -> None:
    [line] = refusal(tmp_path, STORE + "republish: {what: all}\n")
    assert line.startswith("nadi.yaml:2:13: republish.what[0]: 'all' is not allowed; allowed: a list (not empty); each")


def test_a_missing_file() -> None:
    with pytest.raises(SettingsError, match=r"no/such\.yaml: can't be read: No such file"):
        load_settings(Path("no/such.yaml"), {})


@pytest.mark.parametrize(
    "text",
    [
        "mqtt: {passwrod: hunter2, url: 'mqtt://u:hunter2@h'}",
        "mqtt: {password: [hunter2]}",
        "mqtt: [password, hunter2]",
        "influx: {api: v1, token: hunter2}",
        "influx: {token: {hunter2: 1}}",
        "mqtt: {password: hunter2}",
    ],
)
def test_no_secret_is_in_any_message(tmp_path: Path, text: str) -> None:
    assert not [line for line in refusal(tmp_path, text) if "hunter2" in line and "no such key" not in line]


def test_secrets_from_files(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    got = settings(tmp_path, STORE, NADI_MQTT__USERNAME="u", NADI_MQTT__PASSWORD_FILE=str(secret)).mqtt
    assert got.password is not None
    assert got.password.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(got)

    both = f"mqtt: {{username: u, password: a, password_file: {secret}}}\n{STORE}"
    assert "given beside mqtt.password" in refusal(tmp_path, both)[0]
    secret.write_text("\n")
    assert "it is empty" in refusal(tmp_path, f"influx: {{token_file: {secret}}}")[0]
    assert "can't be read" in refusal(tmp_path, "influx: {token_file: /no/such/file}")[0]
