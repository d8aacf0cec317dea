"""Line protocol: what the documentation's examples don't show, and what a real InfluxDB makes of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.decoders import influx
from ingest.decoders.base import MAX_READINGS, Decoded, Message, Reading
from tests.ingest.decoders.conformance import Conformance, grown
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.influx import EXAMPLES
from tests.servers import Influx


class TestInflux(Conformance):
    format = "influx"
    examples = EXAMPLES


def read(text: str, precision: str = "ns") -> Decoded:
    return influx.Influx(precision).decode(Message("", text.encode(), ARRIVAL))


@pytest.mark.parametrize(
    ("precision", "stamp", "expected"),
    [
        ("ns", "1763769600123999999", 1_763_769_600_123),
        ("us", "1763769600123999", 1_763_769_600_123),
        ("ms", "1763769600123", 1_763_769_600_123),
        ("s", "1763769600", 1_763_769_600_000),
        ("ns", "-1", -1),
        ("ns", "0", 0),
    ],
)
def test_the_precision_of_timestamps(precision: str, stamp: str, expected: int) -> None:
    assert read(f"m v=1 {stamp}", precision).readings == [("m", "v", 1.0, None, expected)]


@pytest.mark.parametrize(("precision", "stamp"), [("ns", 2**63), ("s", 2**62), ("ns", -(2**63))])
def test_a_timestamp_that_is_none(precision: str, stamp: int) -> None:
    decoded = read(f"m v=1 {stamp}\nm v=2", precision)
    assert [refused.reason for refused in decoded.refused] == ["time"]
    assert [reading[2] for reading in decoded.readings] == [2.0]


@pytest.mark.parametrize(
    "line",
    [
        *("m", "m ", "m v", "m v=", "m =1", "m v=1,", "m ,v=1", "m,t v=1", "m,t= v=1", "m,=x v=1", ",t=x v=1", " =1"),
        *("m v=1 x", "m v=1 1 1", "m v=1i5", "m v=-5u", "m v=1.0i", "m v=0x10", "m v=1_000", "m v=tRue", "m v=--1"),
        *(
            "m v=+1",
            "m v=1e",
            "m v=\u0661",
            'm v="open',
            "m v='x'",
            "m v=9223372036854775808i",
            "m v=18446744073709551616u",
        ),
        *("m\tv=1", "m v=1 1.5", "m v=1 12345678901234567890", "{}", '{"v":1}', "m v=.", "m,t=a=b v=1"),
        *("m,t=x,t=y v=1", r"m\\ v=1", r"m,t=x\\ v=1", r"m v\\=1"),
    ],
)
def test_a_line_that_is_wrong_harms_only_itself(line: str) -> None:
    decoded = read(f"a b=1\n{line}\nc d=2")
    assert decoded.readings == [("a", "b", 1.0, None, None), ("c", "d", 2.0, None, None)]
    assert [refused.reason for refused in decoded.refused] == ["schema"]


def test_a_string_may_hold_line_ends_and_anything() -> None:
    decoded = read('m,t=x a=1,s="one,\n two=\\"2\\" \\\\",b=2 5000000\nn c=3')
    assert decoded.refused == []
    assert [reading[1:3] for reading in decoded.readings] == [("a", 1.0), ("b", 2.0), ("c", 3.0)]


def test_line_ends_comments_and_spaces() -> None:
    decoded = read("#m v=3\n\r\n# note, a=1 b=2\r\n  m v=1  2000000  \r\n\n   # v=1\n \t\nm v=2")
    assert decoded.refused == []
    assert decoded.readings == [("m", "v", 1.0, None, 2), ("m", "v", 2.0, None, None)]


def test_tags_in_another_order_are_the_same_series() -> None:
    assert {reading[0] for reading in read("m,b=2,a=1 v=1\nm,a=1,b=2 v=2").readings} == {"m,a=1,b=2"}


def test_tags_that_all_lines_share_are_labels() -> None:
    assert read("m,site=north,device=a v=1\nm,device=b,site=north v=2\nm,site=north v=3").labels == {"site": "north"}


@pytest.mark.parametrize("payload", [b"m v=\xff", b"\xc3"])
def test_what_is_not_utf_8(payload: bytes) -> None:
    decoded = influx.Influx("ns").decode(Message("", payload, ARRIVAL))
    assert "not UTF-8" in decoded.refused[0].detail


def test_too_many_readings_are_refused() -> None:
    fields = ",".join(f"f{at}=1" for at in range(10_000))
    assert [refused.reason for refused in read(f"m {fields}\n" * (MAX_READINGS // 10_000 + 1)).refused] == ["too_large"]


def test_series_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "MAX_SERIES", 10)
    decoder = influx.Influx("ns")
    for number in range(25):
        message = Message("", b"m,device=d%d v=1" % number, ARRIVAL)
        assert decoder.decode(message).readings == [(f"m,device=d{number}", "v", 1.0, None, None)]
        assert decoder.remembered() <= 10


def test_long_series_are_not_remembered_and_longer_ones_refused() -> None:
    messages = [Message("", b"m,t=%d%s v=1" % (number, b"x" * 1500), ARRIVAL) for number in range(500)]
    assert grown(influx.Influx("ns"), messages) < 100_000
    decoded = read(f"m,t={'x' * influx.MAX_KEY} v=1\nm v=2")
    assert [refused.reason for refused in decoded.refused] == ["schema"]
    assert len(decoded.readings) == 1


names = st.text(st.sampled_from('ab ,=\\"#é'), min_size=1, max_size=6).filter(
    lambda name: not name.endswith("\\") and "\\\\" not in name and not re.search(r"\\[ ,=]", name)
)
"""Line protocol can't write a name that ends with a backslash, or has one before what is escaped."""
values = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.text()
points = st.tuples(
    names.filter(lambda name: not name.startswith("#")),
    st.dictionaries(names, names, max_size=3),
    st.dictionaries(names, values, min_size=1, max_size=3),
    st.none() | st.integers(-(2**62), 2**62),
)


def escaped(name: str, characters: str) -> str:
    return re.sub(f"([{characters}])", r"\\\1", name)


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
    return f"{value}i" if isinstance(value, int) else repr(value)


def line(measurement: str, tags: dict[str, str], fields: dict[str, Any], stamp: int | None) -> str:
    key = ",".join(
        [escaped(measurement, ", "), *(f"{escaped(tag, ',= ')}={escaped(tags[tag], ',= ')}" for tag in tags)]
    )
    shown = ",".join(f"{escaped(field, ',= ')}={written(value)}" for field, value in fields.items())
    return f"{key} {shown}" + ("" if stamp is None else f" {stamp}")


def expected(measurement: str, tags: dict[str, str], fields: dict[str, Any], stamp: int | None) -> list[Reading]:
    sensor = ",".join([measurement, *(f"{tag}={tags[tag]}" for tag in sorted(tags))])
    moment = None if stamp is None else stamp // 1_000_000
    return [
        (sensor, field, float(value), None, moment) for field, value in fields.items() if not isinstance(value, str)
    ]


@given(st.lists(points, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\n\n", "\n# note\n"]))
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read(batch: list[Any], end: str) -> None:
    decoded = read(end.join(line(*point) for point in batch))
    assert decoded.refused == []
    assert decoded.readings == [reading for point in batch for reading in expected(*point)]


HARD = [
    r"back\slash,t\ag=va\lue v=1",
    r"double\\a,tag=x\\\ y v=2",
    r"m,t=a\=b v=3",
    r"m\=n v=4",
    r"m,k\ k=v\,v f\ f=5",
    'quo"te,"t"=\'x\' v=6',
    r"m,t=tail\\ v,u=1 v=7",
    "m v=1.5e3,w=7i,x=T",
    'm s="a \\"b\\", c=1",v=8',
    "  m,t=spaces   v=9",
]


@pytest.mark.parametrize("text", HARD)
def test_a_real_influxdb_reads_the_same(text: str, influx_database: str, influx: Influx) -> None:
    influx.write(text, influx_database)
    fields = {row["fieldKey"] for row in influx.query("SHOW FIELD KEYS", influx_database)}
    [row] = influx.query("SELECT * FROM /.*/ GROUP BY *", influx_database)
    tags = sorted(row.keys() - fields - {"name", "time"})
    sensor = ",".join([row["name"], *(f"{tag}={row[tag]}" for tag in tags)])
    stored = [(sensor, field, float(row[field])) for field in fields if not isinstance(row[field], str)]
    assert sorted(reading[:3] for reading in read(text, "ms").readings) == sorted(stored)


def test_a_tag_that_is_the_device() -> None:
    lines = b"cpu,cpu=0,host=a idle=1,user=2 1\nweather,host=b\\ c temp=3 1\nweather temp=4 1"
    found = influx.Influx("ms", "host").decode(Message("t", lines, 0))
    assert [reading[:3] for reading in found.readings] == [
        ("a", "cpu,cpu=0.idle", 1.0),
        ("a", "cpu,cpu=0.user", 2.0),
        ("b c", "weather.temp", 3.0),
        ("weather", "temp", 4.0),
    ]
