"""Messages of every form, and for every reason to be refused, with what is to come of them."""

from __future__ import annotations

import json
from typing import Any

from tests.ingest.kit import NOW

FLOW, PRESSURE = "water/zone-1/meter-1/flow", "water/zone-1/meter-1/pressure"

S = NOW // 1000


def reading(value: Any = 1.5, ts: Any = NOW) -> dict[str, Any]:
    return {"ts": ts, "values": {"flow": value}}


# Forms. Each message is sent three times: learnt from, read by the learnt form, and once more.
FORMS: list[tuple[str, Any, list[tuple[str, int, float]]]] = [
    ("one value", reading(), [(FLOW, NOW, 1.5)]),
    ("a whole number as value", reading(12), [(FLOW, NOW, 12.0)]),
    ("an enormous whole number", reading(10**300), [(FLOW, NOW, 1e300)]),
    ("several values", {"ts": NOW, "values": {"flow": 1, "pressure": 2}}, [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)]),
    ("quantity and value", {"ts": NOW, "quantity": "flow", "value": 3}, [(FLOW, NOW, 3.0)]),
    ("with unit", {"ts": NOW, "quantity": "flow", "value": 36, "unit": "m3/h"}, [(FLOW, NOW, 10.0)]),
    ("with units", {"ts": NOW, "values": {"flow": 36}, "units": {"flow": "m3/h", "x": "V"}}, [(FLOW, NOW, 10.0)]),
    ("some with units", {"ts": NOW, "values": {"flow": 36, "pressure": 1}, "units": {"pressure": "bar"}},
     [(FLOW, NOW, 36.0), (PRESSURE, NOW, 100.0)]),
    ("an array", [reading(1, NOW), reading(2, NOW + 1)], [(FLOW, NOW, 1.0), (FLOW, NOW + 1, 2.0)]),
    ("an array of several", [{"ts": NOW, "values": {"flow": 1, "pressure": 2}}] * 2,
     [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)] * 2),
    ("an array of mixed forms", [reading(1), {"ts": S, "quantity": "pressure", "value": 2}],
     [(FLOW, NOW, 1.0), (PRESSURE, NOW, 2.0)]),
    ("seconds", reading(1, S), [(FLOW, NOW, 1.0)]),
    ("seconds with a fraction", reading(1, S + 0.123), [(FLOW, NOW + 123, 1.0)]),
    ("microseconds", reading(1, NOW * 1000 + 999), [(FLOW, NOW, 1.0)]),
    ("nanoseconds", reading(1, NOW * 1_000_000 + 1), [(FLOW, NOW, 1.0)]),
    ("RFC 3339", reading(1, "2026-11-21T23:00:00.5+07:00"), [(FLOW, NOW + 500, 1.0)]),
    ("unknown keys", reading() | {"rssi": -71, "x": {"y": [1, None]}}, [(FLOW, NOW, 1.5)]),
    ("gw and seq", reading() | {"gw": "gw-1", "seq": 7}, [(FLOW, NOW, 1.5)]),
    ("gw alone", reading() | {"gw": "gw-1"}, [(FLOW, NOW, 1.5)]),
    ("seq alone", reading() | {"seq": 7}, [(FLOW, NOW, 1.5)]),
    ("an array with gw and seq", [reading() | {"gw": "gw-1", "seq": 7}], [(FLOW, NOW, 1.5)]),
    ("an unknown quantity", {"ts": NOW, "values": {"sap flow": 4}}, [("water/zone-1/meter-1/sap flow", NOW, 4.0)]),
    ("an unknown quantity's unit", {"ts": NOW, "quantity": "sap", "value": 4, "unit": "furlong"},
     [("water/zone-1/meter-1/sap", NOW, 4.0)]),
    ("quotes in a name", {"ts": NOW, "values": {'a"b\\c': 4}}, [('water/zone-1/meter-1/a"b\\c', NOW, 4.0)]),
    ("a name that is not ASCII", {"ts": NOW, "values": {"débit": 4}}, [("water/zone-1/meter-1/débit", NOW, 4.0)]),
    ("escapes in a name", b'{"ts":%d,"values":{"fl\\u006fw":4}}' % NOW, [(FLOW, NOW, 4.0)]),
    ("white space", b' {\n"ts" : %d ,\t"values":{ "flow":4 } }\r\n' % NOW, [(FLOW, NOW, 4.0)]),
    ("a key twice: the last", b'{"ts":1,"ts":%d,"values":{"flow":1,"flow":4}}' % NOW, [(FLOW, NOW, 4.0)]),
    ("minus nought", reading(-0.0), [(FLOW, NOW, 0.0)]),
]  # fmt: skip

# Reasons. Good readings beside the refused ones of the same message are stored.
NESTED = b'{"ts":%d,"values":{"flow":1},"x":%s}' % (NOW, b"[" * 5_000)

REASONS: list[tuple[str, Any, dict[str, int], int]] = [
    ("no JSON", b"hello", {"json": 1}, 0),
    ("nothing", b"", {"json": 1}, 0),
    ("cut off", b'{"ts":1,"values":{"flow":1}', {"json": 1}, 0),
    ("something after", b'{"ts":1,"values":{"flow":1}}x', {"json": 1}, 0),
    ("not UTF-8", b'{"ts":%d,"values":{"fl\xffow":1}}' % NOW, {"json": 1}, 0),
    ("not UTF-8 in what is ignored", b'{"ts":%d,"values":{"flow":1},"x":"\xff"}' % NOW, {"json": 1}, 0),
    ("a byte order mark", b"\xef\xbb\xbf" + json.dumps(reading()).encode(), {"json": 1}, 0),
    ("nested too deeply", NESTED, {"json": 1}, 0),
    ("only brackets", b"[" * 20_000, {"json": 1}, 0),
    ("a number", 5, {"schema": 1}, 0),
    ("an empty array", [], {"schema": 1}, 0),
    ("an array of numbers", [1, 2, 3], {"schema": 3}, 0),
    ("one object of an array", [reading(), 2, None], {"schema": 2}, 1),
    ("no values", {"ts": NOW}, {"schema": 1}, 0),
    ("empty values", {"ts": NOW, "values": {}}, {"schema": 1}, 0),
    ("values that are no object", {"ts": NOW, "values": [1]}, {"schema": 1}, 0),
    ("both forms", reading() | {"quantity": "flow", "value": 1}, {"schema": 1}, 0),
    ("unit beside values", reading() | {"unit": "m3/h"}, {"schema": 1}, 0),
    ("units beside value", {"ts": NOW, "quantity": "flow", "value": 1, "units": {}}, {"schema": 1}, 0),
    ("quantity without value", {"ts": NOW, "quantity": "flow"}, {"schema": 1}, 0),
    ("units that are no object", reading() | {"units": "m3/h"}, {"schema": 1}, 0),
    ("true", {"ts": NOW, "values": {"flow": True, "pressure": 2}}, {"schema": 1}, 1),
    ("a string", {"ts": NOW, "values": {"flow": "1", "pressure": 2}}, {"schema": 1}, 1),
    ("null", {"ts": NOW, "values": {"flow": None, "pressure": 2}}, {"schema": 1}, 1),
    ("a string as value", {"ts": NOW, "quantity": "flow", "value": "1"}, {"schema": 1}, 0),
    ("a blank quantity", {"ts": NOW, "values": {" ": 1, "flow": 2}}, {"schema": 1}, 1),
    ("a quantity of 129 bytes", {"ts": NOW, "values": {"é" * 64 + "x": 1}}, {"schema": 1}, 0),
    ("a quantity with a newline", {"ts": NOW, "values": {"a\nb": 1}}, {"schema": 1}, 0),
    ("a quantity that ends with a backslash", {"ts": NOW, "values": {"a\\": 1}}, {"schema": 1}, 0),
    ("a quantity that is not NFC", {"ts": NOW, "values": {"de\u0301bit": 1}}, {"schema": 1}, 0),
    ("a lone surrogate", b'{"ts":%d,"values":{"\\ud800":1}}' % NOW, {"schema": 1}, 0),
    ("a quantity that is no string", {"ts": NOW, "quantity": 5, "value": 1}, {"schema": 1}, 0),
    ("gw that is no string", reading() | {"gw": 5}, {"schema": 1}, 0),
    ("gw that is blank", reading() | {"gw": ""}, {"schema": 1}, 0),
    ("a negative seq", reading() | {"gw": "g", "seq": -1}, {"schema": 1}, 0),
    ("a fractional seq", reading() | {"gw": "g", "seq": 1.5}, {"schema": 1}, 0),
    ("an enormous seq", reading() | {"gw": "g", "seq": 2**63}, {"schema": 1}, 0),
    ("seq true", reading() | {"gw": "g", "seq": True}, {"schema": 1}, 0),
    ("NaN", {"ts": NOW, "values": {"flow": float("nan"), "pressure": 2}}, {"not_finite": 1}, 1),
    ("-Infinity", {"ts": NOW, "quantity": "flow", "value": float("-inf")}, {"not_finite": 1}, 0),
    ("1e999", b'{"ts":%d,"values":{"flow":1e999,"pressure":2}}' % NOW, {"not_finite": 1}, 1),
    ("5,000 digits", b'{"ts":%d,"values":{"flow":%s,"pressure":2}}' % (NOW, b"9" * 5000), {"not_finite": 1}, 1),
    ("309 digits", b'{"ts":%d,"values":{"flow":%s}}' % (NOW, b"9" * 309), {"not_finite": 1}, 0),
    ("infinite when converted", {"ts": NOW, "quantity": "pressure", "value": 1e308, "unit": "bar"},
     {"not_finite": 1}, 0),
    ("a unit that does not convert", {"ts": NOW, "quantity": "flow", "value": 1, "unit": "kPa"}, {"unit": 1}, 0),
    ("one of the units", {"ts": NOW, "values": {"flow": 1, "pressure": 2}, "units": {"flow": "no"}}, {"unit": 1}, 1),
    ("a unit that is no string", {"ts": NOW, "quantity": "flow", "value": 1, "unit": 5}, {"unit": 1}, 0),
    ("ts null", {"ts": None, "values": {"flow": 1, "pressure": 2}}, {"time": 2}, 0),
    ("ts true", reading(ts=True), {"time": 1}, 0),
    ("ts a date", reading(ts="2026-11-21"), {"time": 1}, 0),
    ("ts a number in a string", reading(ts=str(NOW)), {"time": 1}, 0),
    ("ts before 2000", reading(ts=946_684_799_999), {"time": 1}, 0),
    ("ts before 2000 in seconds", reading(ts=946_684_799.9), {"time": 1}, 0),
    ("ts negative", reading(ts=-NOW), {"time": 1}, 0),
    ("ts nought", reading(ts=0), {"time": 1}, 0),
    ("ts NaN", reading(ts=float("nan")), {"time": 1}, 0),
    ("ts too far ahead", reading(ts=NOW + 120_001), {"future": 1}, 0),
    ("ts text too far ahead", reading(ts="2026-11-21T16:02:00.001Z"), {"future": 1}, 0),
    ("ts enormous", reading(ts=10**40), {"future": 1}, 0),
    ("ts an enormous float", reading(ts=1e300), {"future": 1}, 0),
    ("ts of 400 digits", reading(ts=10**400), {"future": 1}, 0),
    ("ts below all numbers", reading(ts=-(10**400)), {"time": 1}, 0),
    ("ts ahead in an array", [reading(1), reading(2, NOW + 120_001), reading(3)], {"future": 1}, 2),
]  # fmt: skip
