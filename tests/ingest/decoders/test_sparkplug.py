"""Sparkplug B: what its examples give, and what a payload may hold."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from ingest.decoders.base import MAX_DEPTH, MAX_READINGS, Decoded, Message
from ingest.decoders.sparkplug import Sparkplug
from ingest.decoders.sparkplug.metrics import MAX_NAME
from ingest.decoders.table import Forgetful
from tests.cpu import at_most
from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.example import ARRIVAL
from tests.ingest.decoders.examples.sparkplug import EXAMPLES
from tests.ingest.decoders.hostile import BOMBS
from tests.ingest.decoders.sparkplug_encoder import metric, payload, tagged, template, value_field

NDATA, DBIRTH = "spBv1.0/g/NDATA/n", "spBv1.0/g/DBIRTH/n/d"
TOPICS = ["spBv1.0/g/NBIRTH/n", "spBv1.0/g/NDEATH/n", "spBv1.0/g/DDATA/n/d", "spBv1.0/STATE/host"]


class TestSparkplug(Conformance):
    format = "sparkplug"
    examples = EXAMPLES


def decoded(data: bytes, topic: str = DBIRTH) -> Decoded:
    return Sparkplug(Forgetful()).decode(Message(topic, data, ARRIVAL))


def values(data: bytes) -> list[float]:
    return [reading[2] for reading in decoded(data).readings]


@pytest.mark.parametrize(
    ("kind", "sent", "meant"),
    [
        ("Int8", 128, -128),
        ("Int8", 127, 127),
        ("Int8", 0xFFFF_FF80, -128),
        ("Int8", -128, -128),
        ("Int16", 0x8000, -32768),
        ("Int32", 0xFFFF_FFFF, -1),
        ("Int32", 0x8000_0000, -(2**31)),
        ("Int64", 2**64 - 1, -1),
        ("Int64", 2**63 - 1, 2.0**63),
        ("UInt8", 255, 255),
        ("UInt8", 0xFFFF_FFFF, 255),
        ("UInt16", 65535, 65535),
        ("UInt32", 0xFFFF_FFFF, 0xFFFF_FFFF),
        ("UInt64", 2**64 - 1, 2.0**64),
        ("DateTime", 1_486_144_502_122, 1_486_144_502_122),
    ],
)
def test_whole_numbers_have_the_sign_of_their_type(kind: str, sent: int, meant: float) -> None:
    assert values(payload(metric("m", kind, sent))) == [float(meant)]


@pytest.mark.parametrize(
    ("kind", "sent"),
    [("Int8", 300), ("Int8", 0xFFFF_FF7F), ("UInt8", 256), ("Int16", 0xFFFF_7FFF), ("UInt32", 2**32), ("Boolean", 7)],
)
def test_whole_numbers_that_their_type_can_not_hold_are_refused(kind: str, sent: int) -> None:
    one = metric("m", kind) + value_field("UInt64", sent)
    result = decoded(payload(one, metric("next", "Double", 1.0)))
    assert [refused.reason for refused in result.refused] == ["schema"]
    assert f"{kind} can't be {sent}" in result.refused[0].detail
    assert [reading[1] for reading in result.readings] == ["next"]


def test_untyped_whole_numbers_are_taken_where_they_can_not_be_negative() -> None:
    def read(number: int) -> Decoded:
        return decoded(payload(metric("m", "Int32", number, typed=None)), NDATA)

    assert [read(number).readings[0][2] for number in (0, 200, 2**31 - 1)] == [0.0, 200.0, 2.0**31 - 1]
    assert [read(number).refused[0].reason for number in (2**31, 2**32 - 1, -1)] == ["schema"] * 3


def test_the_field_counts_more_than_the_type_for_reals_and_booleans() -> None:
    assert values(payload(metric("m", "Int32") + value_field("Double", 2.5))) == [2.5]
    assert values(payload(metric("m", "Float") + value_field("Boolean", True))) == [1.0]
    assert values(payload(metric("m", "Double") + value_field("Int32", 3))) == [3.0]
    assert values(payload(metric("m", "String") + value_field("Int32", 3))) == []


def test_text_bytes_arrays_and_data_sets_are_no_readings_and_no_errors() -> None:
    result = decoded(
        payload(
            metric("s", "String", "42"),
            metric("b", "Bytes", b"\x01"),
            metric("a", "Int32Array", bytes.fromhex("15CD5B07B168DE3A")),
            metric("d", "DataSet", tagged(1, 1) + tagged(2, "c")),
            metric("n", "Double"),
        )
    )
    assert (result.readings, result.refused) == ([], [])


@pytest.mark.parametrize(("quality", "taken"), [(192, 1), (0, 0), (500, 0)])
def test_bad_and_stale_values_are_no_readings(quality: int, taken: int) -> None:
    assert len(values(payload(metric("m", "Double", 1.0, properties={"Quality": quality})))) == taken


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused_alone(bad: float) -> None:
    result = decoded(payload(metric("m", "Double", bad), metric("next", "Float", 1.0)))
    assert [refused.reason for refused in result.refused] == ["not_finite"]
    assert len(result.readings) == 1


def test_a_time_beyond_int64_is_refused_alone() -> None:
    result = decoded(payload(metric("m", "Double", 1.0, at=2**63), metric("next", "Double", 1.0, at=5)))
    assert [refused.reason for refused in result.refused] == ["time"]
    assert [reading[4] for reading in result.readings] == [5]


def test_without_any_time_it_is_left_to_the_arrival() -> None:
    assert decoded(payload(metric("m", "Double", 1.0))).readings[0][4] is None


def test_a_broken_metric_keeps_its_neighbours() -> None:
    result = decoded(payload(metric("a", "Double", 1.0), b"\x0a\x7fcut", metric("b", "Double", 2.0)))
    assert [reading[1] for reading in result.readings] == ["a", "b"]
    assert result.refused[0].detail.startswith("metrics[1]")


@pytest.mark.parametrize(
    ("topic", "part"),
    [
        ("spBv1.0/g/XDATA/n", "XDATA"),
        ("spBv1.0/g/NDATA/n/d", "4 levels"),
        ("spBv1.0/g/DDATA/n", "5 levels"),
        ("spBv1.0/g/NDATA/", "none of them empty"),
        ("spAv1.0/g/NDATA/n", "spBv1.0"),
        ("spBv1.0", "message type"),
        ("a", "spBv1.0"),
    ],
)
def test_a_topic_that_is_none_is_refused(topic: str, part: str) -> None:
    refused = decoded(payload(), topic).refused
    assert [one.reason for one in refused] == ["topic"]
    assert part in refused[0].detail or "no message type" in refused[0].detail


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (b'{"online":true,"timestamp":1668114759262}', []),
        (b'{"online":false,"bdSeq":4,"timestamp":1668114759262}', []),
        (b"ONLINE", []),
        (b"OFFLINE", []),
        (b'{"online":"yes"}', ["schema"]),
        (b"UP", ["json"]),
        (b"", ["json"]),
    ],
)
def test_a_host_says_how_it_is_in_both_forms(state: bytes, reasons: list[str]) -> None:
    result = decoded(state, "spBv1.0/STATE/host")
    assert [refused.reason for refused in result.refused] == reasons
    assert result.presence == []


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_tahus_compressed_payloads_are_read(compress: object) -> None:
    assert callable(compress)
    inner = payload(metric("m", "Double", 1.0), at=7)
    outer = payload(seq=3) + tagged(4, "SPBV1.0_COMPRESSED") + tagged(5, compress(inner))
    assert decoded(outer).readings == [("g/n/d", "m", 1.0, None, 7)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"no zlib", "schema"),
        (zlib.compress(b"\x12\x00" * (16 << 20)), "too_large"),
        (zlib.compress(payload(metric("m", "Double", 1.0)))[:-5], "schema"),
    ],
    ids=["no-zlib", "large", "cut"],
)
def test_a_body_that_does_not_unpack_is_refused(body: bytes, reason: str) -> None:
    result = decoded(payload() + tagged(4, "SPBV1.0_COMPRESSED") + tagged(5, body))
    assert (result.readings, [refused.reason for refused in result.refused]) == ([], [reason])


def test_templates_nest_only_so_deep() -> None:
    one = metric("leaf", "Double", 1.0)
    for _ in range(MAX_DEPTH + 5):
        one = metric("t", "Template", template(one))
    result = decoded(payload(one))
    assert (result.readings, [refused.reason for refused in result.refused]) == ([], ["schema"])


def test_long_names_do_not_multiply() -> None:
    members = b"".join(tagged(2, metric("m", "Double", 1.0)) for _ in range(20_000))
    result = decoded(payload(metric("x" * 100_000, "Template", members), metric("x" * MAX_NAME, "Template", members)))
    assert result.readings == []
    assert all(len(refused.detail) < 200 for refused in result.refused)


def test_more_readings_than_allowed_are_refused() -> None:
    result = decoded(payload(*[b""] * (MAX_READINGS + 1)))
    assert [refused.reason for refused in result.refused] == ["too_large"]


@pytest.mark.parametrize("topic", TOPICS)
def test_bombs_are_over_soon_on_every_kind_of_topic(topic: str) -> None:
    decoder = Sparkplug(Forgetful())
    for name, bomb in BOMBS.items():
        with at_most(1.0, name):
            decoder.decode(Message(topic, bomb, ARRIVAL))


def compressed(body: bytes, deflate: Callable[[bytes], bytes] = zlib.compress) -> bytes:
    return tagged(4, "SPBV1.0_COMPRESSED") + tagged(5, deflate(body))


@pytest.mark.parametrize("deflate", [zlib.compress, gzip.compress])
def test_a_compressed_body_grows_to_the_limit_and_no_further(deflate: Callable[[bytes], bytes]) -> None:
    body = payload(*[metric(f"m{number}", "Double", 1.0) for number in range(100)])
    whole = Sparkplug(Forgetful(), len(body)).decode(Message(DBIRTH, compressed(body, deflate), ARRIVAL))
    assert (len(whole.readings), whole.refused, whole.packed) == (100, [], True)
    cut = Sparkplug(Forgetful(), len(body) - 1).decode(Message(DBIRTH, compressed(body, deflate), ARRIVAL))
    assert [refused.reason for refused in cut.refused] == ["too_large"]
    assert not cut.readings


@pytest.mark.parametrize("topic", [DBIRTH, *TOPICS[:3]])
def test_metrics_are_not_even_counted_beyond_what_is_allowed(topic: str) -> None:
    """Eight millions of two bytes each, in 16 kB: a gigabyte of places."""
    bomb = compressed(b"\x12\x00" * 8_000_000)
    tracemalloc.start()
    result = Sparkplug(Forgetful(), 1_000_000).decode(Message(topic, bomb, ARRIVAL))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [refused.reason for refused in result.refused] == ["too_large"]
    assert most < 4_000_000
    many = decoded(b"\x12\x00" * (MAX_READINGS + 1), topic)
    assert [refused.reason for refused in many.refused] == ["too_large"]
