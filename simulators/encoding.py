"""Samples as native payloads, column by column: about 1 us a message of one to five values.

    {"gw":"gw-1","seq":17,"ts":1763769600000,"values":{"flow":12.41,"pressure":310.2}}
                        ^^^^^^^^^^^^^^^^^^^^^ tails() ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

What precedes the tail belongs to the device and is made once.
"""

from __future__ import annotations

import msgspec
import numpy as np
import orjson

from simulators.base import Place
from simulators.feed import Float64, Int64, Samples
from simulators.packets import text


def topic(domain: str, place: Place) -> bytes:
    """A device's topic as MQTT writes it, with its length."""
    return text(f"nadi/v1/{place.city}/{domain}/{place.zone}/{place.device}")


def head(place: Place) -> bytes:
    """The payload up to the number."""
    return b'{"gw":%b,"seq":' % msgspec.json.encode(place.gateway)


def tails(samples: Samples, times: Int64) -> tuple[list[bytes], list[int]]:
    """Of each row: what follows the number, and how many readings that is (0: nothing to send).

    times: `ts`, ms. Rows that measure the same quantities are written together.
    """
    given = np.isfinite(samples.values)
    pattern = given @ (1 << np.arange(given.shape[1]))
    names = [msgspec.json.encode(quantity.name).replace(b"%", b"%%") for quantity in samples.fleet.quantities]
    written = [b""] * len(samples)
    for bits in np.unique(pattern).tolist():
        rows = np.flatnonzero(pattern == bits)
        columns = [column for column in range(len(names)) if bits >> column & 1]
        if columns:
            form = b',"ts":%b,"values":{' + b",".join(names[column] + b":%b" for column in columns) + b"}}"
            texts = zip(_texts(times[rows]), *(_texts(samples.values[rows, column]) for column in columns), strict=True)
            for row, parts in zip(rows.tolist(), texts, strict=True):
                written[row] = form % parts
    return written, given.sum(axis=1).tolist()


def _texts(column: Int64 | Float64) -> list[bytes]:
    return orjson.dumps(np.ascontiguousarray(column), option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
