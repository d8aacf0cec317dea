"""Mutations that keep JSON whole, so that the fuzzer gets past the parser."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.fuzz.payload import SEPARATOR
from tests.ingest.kit import NOW

KEYS = ("ts", "values", "quantity", "value", "unit", "units", "gw", "seq", "x")
NAMES = ("flow", "pressure", "sap", "débit", 'a"b', "a\\", "", " ", "x" * 129)
NUMBERS = (
    *(0, -0.0, 1, 1.5, -1, 10**18, 10**308, 10**309, 2**63 - 1, 2**63, 2**64, -(2**63), 1e-320, 5e-324),
    *(float("nan"), float("inf"), 0.1 + 0.2, 123456789.123456789, 9007199254740993),
)
TIMES = (
    *(NOW, NOW // 1000, NOW * 1000, NOW * 10**6, NOW / 1000, NOW + 120_000, NOW + 120_001, 946_684_799_999, 10**11),
    *(
        10**14,
        10**17,
        1e300,
        0,
        -1,
        99_999_999_999.9,
        "2026-11-21T16:00:00Z",
        "2026-11-21t16:00:60+07:00",
        "2026-11-21",
    ),
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    [],
    {},
    [1],
    {"flow": 1},
    {"flow": "m3/h"},
    {"flow": 1, "pressure": 2},
    "m3/h",
    "kPa",
    "gw-1",
    7,
)


def mutate(data: bytes, draw: Random) -> bytes | None:
    """`data` with one message changed, copied or taken out; None where that can't be."""
    messages = data.split(SEPARATOR)
    at = draw.randrange(len(messages))
    luck = draw.random()
    if luck < 0.1:
        messages.insert(at, messages[draw.randrange(len(messages))])
    elif luck < 0.15 and len(messages) > 1:
        del messages[at]
    else:
        try:
            document = json.loads(messages[at])
        except (ValueError, RecursionError):
            return None
        messages[at] = _written(_changed(document, draw), draw)
    return SEPARATOR.join(messages)


def _changed(document: Any, draw: Random) -> Any:
    if isinstance(document, list) and document:
        if draw.random() < 0.3:
            return document[0] if draw.random() < 0.3 else [*document, draw.choice(document)]
        at = draw.randrange(len(document))
        document[at] = _changed(document[at], draw)
    elif isinstance(document, dict):
        if draw.random() < 0.1:
            return [document]
        _change(document, draw)
    else:
        return {"ts": NOW, "values": {"flow": 1}}
    return document


def _change(thing: dict[str, Any], draw: Random) -> None:
    luck = draw.random()
    inner = [value for value in thing.values() if isinstance(value, dict) and value]
    if luck < 0.35 and inner:
        values = draw.choice(inner)
        if draw.random() < 0.2:
            del values[draw.choice(list(values))]
        else:
            name = draw.choice(list(values) or ["flow"]) if draw.random() < 0.5 else draw.choice(NAMES)
            values[name] = draw.choice(NUMBERS if draw.random() < 0.7 else OTHERS)
    elif luck < 0.5 and thing:
        del thing[draw.choice(list(thing))]
    elif luck < 0.7:
        thing["ts"] = draw.choice(TIMES)
    else:
        thing[draw.choice(KEYS)] = draw.choice((*OTHERS, *NAMES, *NUMBERS))


def _written(document: Any, draw: Random) -> bytes:
    separators = draw.choice(((",", ":"), (", ", ": "), (",\n", ":")))
    return json.dumps(document, separators=separators, ensure_ascii=draw.random() < 0.5).encode("utf-8", "replace")
