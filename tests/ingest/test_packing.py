"""Packed payloads: unpacked within bounds, and plain ones left as they are."""

from __future__ import annotations

import base64
import gzip
import sys
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.packing import GZIP, LAYERS, MEMBERS, ZSTD, PackingFault, unpack
from tests.cpu import at_most

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LIMIT = 1_000_000
BODY = b'{"temperature": 21.5}'


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(BODY, id="plain"),
        pytest.param(gzip.compress(BODY), id="gzip"),
        pytest.param(gzip.compress(BODY[:5]) + gzip.compress(BODY[5:]), id="gzip-members"),
        pytest.param(zstd.compress(BODY), id="zstd"),
        pytest.param(zstd.compress(BODY[:5]) + zstd.compress(BODY[5:]), id="zstd-frames"),
        pytest.param(base64.b64encode(BODY), id="base64"),
        pytest.param(base64.b64encode(BODY) + b"\n", id="base64-line"),
        pytest.param(base64.b64encode(gzip.compress(BODY)), id="gzip-in-base64"),
        pytest.param(gzip.compress(zstd.compress(BODY)), id="zstd-in-gzip"),
    ],
)
def test_what_was_packed_comes_out(packed: bytes) -> None:
    assert unpack(packed, LIMIT) == BODY


def test_bytes_in_base64() -> None:
    body = b"\x08\x96\x01\x12\x04\xff\xfe"
    packed = base64.b64encode(body)
    assert unpack(packed, LIMIT, "sparkplug") == body
    assert unpack(packed, LIMIT, "homie") == packed


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"21.5",
        b"true",
        b"online",
        b"12345678",
        b"ABCDEFGH",
        b"sleeping",
        b"t|15|k|abc",
        b"weather temp=1",
        b"AAAAAAA=x",
        b"\x08\x01",
    ],
)
def test_what_is_not_packed_stays(plain: bytes) -> None:
    assert unpack(plain, LIMIT) == plain


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
@pytest.mark.parametrize("wrap", [bytes, base64.b64encode])
def test_bombs(compress: object, wrap: object) -> None:
    bomb = wrap(compress(b"\0" * 50_000_000))  # type: ignore[operator]
    with at_most(1.0), pytest.raises(PackingFault) as caught:
        unpack(bomb, LIMIT)
    assert caught.value.reason == "too_large"


def test_exactly_the_limit() -> None:
    assert len(unpack(gzip.compress(b" " * LIMIT), LIMIT)) == LIMIT
    with pytest.raises(PackingFault):
        unpack(gzip.compress(b" " * (LIMIT + 1)), LIMIT)


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_members_without_end(compress: Callable[[bytes], bytes]) -> None:
    member = compress(b" ")
    assert unpack(member * MEMBERS, LIMIT) == b" " * MEMBERS
    many = compress(b"") * (LIMIT // len(compress(b"")))
    with at_most(0.5), pytest.raises(PackingFault, match=f"more than {MEMBERS} members") as caught:
        unpack(many, LIMIT)
    assert caught.value.reason == "too_large"


def test_packed_too_often() -> None:
    packed = BODY
    for _ in range(LAYERS + 1):
        packed = gzip.compress(packed)
    assert unpack(packed, LIMIT) == gzip.compress(BODY)


@pytest.mark.parametrize("head", [GZIP, ZSTD])
def test_what_only_begins_so(head: bytes) -> None:
    for payload in (head, head + b"nonsense" * 10, gzip.compress(BODY)[:-3], zstd.compress(BODY)[:-3]):
        with pytest.raises(PackingFault) as caught:
            unpack(payload, LIMIT)
        assert caught.value.reason == "schema"


@given(st.binary(max_size=200), st.sampled_from([b"", GZIP, ZSTD, b"eyJ", gzip.compress(BODY), zstd.compress(BODY)]))
def test_anything_is_unpacked_or_refused(data: bytes, head: bytes) -> None:
    try:
        found = unpack(head + data, 1000)
    except PackingFault as fault:
        found = str(fault).encode()
    assert len(found) <= max(1000, len(head + data))


@given(st.binary(max_size=2000))
def test_round_trip(body: bytes) -> None:
    for packed in (gzip.compress(body), zstd.compress(body), zlib.compress(body)):
        if not packed.startswith((GZIP, ZSTD)):
            continue
        if not body.startswith((GZIP, ZSTD)) and not base64_like(body):
            assert unpack(packed, LIMIT) == body


def base64_like(body: bytes) -> bool:
    return unpack(body, LIMIT) != body
