"""Payloads that Eclipse Tahu compressed: a payload whose body is another one, deflated or gzipped.

Not in the specification, but what Tahu's `PayloadUtil` and the gateways made with it send when told to compress.
"""

from __future__ import annotations

import zlib
from typing import Final

from ingest.decoders.sparkplug.wire import Malformed, Oversized, Payload, read_payload

COMPRESSED: Final = b"SPBV1.0_COMPRESSED"
"""The uuid of such a payload."""
MAX_BODY: Final = 16 << 20
"""Bytes that a body may grow to where nothing else is said."""
_ZLIB_OR_GZIP: Final = 47


def unpacked(p: bytes, limit: int) -> tuple[bytes, Payload]:
    """The bytes that hold the metrics, and where they are in them. limit: bytes that a body may grow to. Raises
    Malformed, Oversized."""
    payload = read_payload(p)
    if payload.uuid is None or payload.body is None or p[slice(*payload.uuid)] != COMPRESSED:
        return p, payload
    inflater = zlib.decompressobj(_ZLIB_OR_GZIP)
    try:
        body = inflater.decompress(p[slice(*payload.body)], limit + 1)
    except zlib.error as error:
        raise Malformed(f"the compressed body is broken: {error}") from None
    if len(body) > limit:
        raise Oversized(f"a compressed body of more than {limit} bytes unpacked")
    if not inflater.eof:
        raise Malformed("the compressed body is cut short")
    inner = read_payload(body)
    seq = payload.seq if inner.seq is None else inner.seq
    timestamp = payload.timestamp if inner.timestamp is None else inner.timestamp
    return body, inner._replace(seq=seq, timestamp=timestamp)
