"""Whatever is in a file or variable, the answer is settings, sensors, or a SettingsError: never another error."""

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from config.catalogue import load_catalogue
from config.loader import load_settings
from telemetry.errors import SettingsError

KEYS = ["mqtt", "url", "topics", "password_file", "influx", "api", "historian", "path", "windows", "lateness", "http"]
VALUES = [
    "1m",
    "[1m, 2h]",
    "{",
    "}",
    "[",
    "~",
    "'",
    '"',
    "&a",
    "*a",
    "!t",
    "1e999",
    "99999999999999d",
    "mqtts://[",
    "::",
]
YAML = st.lists(st.sampled_from([*KEYS, *VALUES, ": ", "\n", "\n  ", "- ", "? ", ",", "\t", "\x00", "\ud83d"])).map(
    "".join
)
CELLS = st.sampled_from(
    ["city", "domain", "zone", "device", "quantity", "min", "water", "flow", "*", "x", "", "1e999", "-"]
)
CSV = st.lists(st.lists(CELLS, min_size=5, max_size=7).map(",".join)).map("\n".join)


def write(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder, name)
    path.write_bytes(content)
    return path


@given(st.binary() | YAML.map(lambda text: text.encode(errors="surrogatepass")))
@settings(max_examples=200, deadline=None)
def test_settings_files(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(SettingsError):
        load_settings(write(folder, "nadi.yaml", content), {})


@given(
    st.dictionaries(
        st.lists(st.sampled_from([*KEYS, "", "0"]), min_size=1, max_size=3).map(lambda key: "NADI_" + "__".join(key)),
        st.sampled_from([*VALUES, '{"a": 1}', '{"path": [1]}', '[{"a": 1}]']) | st.text(),
        max_size=4,
    )
)
@settings(max_examples=200, deadline=None)
def test_variables(environ: dict[str, str]) -> None:
    with contextlib.suppress(SettingsError):
        load_settings(None, {key.upper(): value for key, value in environ.items()})


@given(st.binary() | CSV.map(str.encode), st.sampled_from(["s.csv", "s.yaml"]))
@settings(max_examples=200, deadline=None)
def test_catalogues(content: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(SettingsError):
        load_catalogue(write(folder, name, b"city,domain,zone,device,quantity,min\n" + content))
