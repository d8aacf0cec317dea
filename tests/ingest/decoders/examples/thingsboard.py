"""Telemetry as ThingsBoard's documentation shows it."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

DEVICE_API = "ThingsBoard documentation, MQTT Device API, Telemetry (thingsboard.io/docs/reference/mqtt-api)"
GATEWAY_API = "ThingsBoard documentation, MQTT Gateway API (thingsboard.io/docs/reference/gateway-api)"

EXAMPLES = [
    Example(
        name="keys and values",
        source=f"{DEVICE_API}, Simple key-value",
        messages=(("v1/devices/me/telemetry", b'{"temperature": 22.5, "humidity": 61}'),),
        readings=(("me", "temperature", 22.5, None, None), ("me", "humidity", 61.0, None, None)),
        note="Without `ts` the time is that of arrival.",
    ),
    Example(
        name="with the device's time",
        source=f"{DEVICE_API}, With client-side timestamp",
        messages=(
            ("v1/devices/me/telemetry", b'{"ts": 1451649600512, "values": {"temperature": 22.5, "humidity": 61}}'),
        ),
        readings=(
            ("me", "temperature", 22.5, None, 1451649600512),
            ("me", "humidity", 61.0, None, 1451649600512),
        ),
    ),
    Example(
        name="several times in one message, by the short topic",
        source=f"{DEVICE_API}, Array of objects with client-side timestamp",
        messages=(
            (
                "v2/t",
                b'[ {"ts": 1451649600000, "values": {"temperature": 22.5, "humidity": 61}}, '
                b'{"ts": 1451649601000, "values": {"temperature": 22.7, "humidity": 60}}]',
            ),
        ),
        readings=(
            ("me", "temperature", 22.5, None, 1451649600000),
            ("me", "humidity", 61.0, None, 1451649600000),
            ("me", "temperature", 22.7, None, 1451649601000),
            ("me", "humidity", 60.0, None, 1451649601000),
        ),
    ),
    Example(
        name="every type of value",
        source=f"{DEVICE_API}, Supported value types, put together",
        messages=(
            (
                "v1/devices/me/telemetry",
                b'{"stringKey": "value1", "booleanKey": true, "doubleKey": 42.0, "longKey": 73, '
                b'"jsonKey": {"nested": {"key": "value"}, "number": 1.5}, "arrayKey": [1, 2, 3]}',
            ),
        ),
        readings=(
            ("me", "doubleKey", 42.0, None, None),
            ("me", "longKey", 73.0, None, None),
            ("me", "jsonKey.number", 1.5, None, None),
            ("me", "arrayKey.0", 1.0, None, None),
            ("me", "arrayKey.1", 2.0, None, None),
            ("me", "arrayKey.2", 3.0, None, None),
        ),
    ),
    Example(
        name="a gateway's devices",
        source=f"{GATEWAY_API}, Telemetry",
        messages=(
            (
                "v1/gateway/telemetry",
                b"""{
  "Device A": [
    {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}},
    {"ts": 1483228801000, "values": {"temperature": 43, "humidity": 82}}
  ],
  "Device B": [
    {"ts": 1483228800000, "values": {"temperature": 42, "humidity": 80}}
  ]
}""",
            ),
        ),
        readings=(
            ("Device A", "temperature", 42.0, None, 1483228800000),
            ("Device A", "humidity", 80.0, None, 1483228800000),
            ("Device A", "temperature", 43.0, None, 1483228801000),
            ("Device A", "humidity", 82.0, None, 1483228801000),
            ("Device B", "temperature", 42.0, None, 1483228800000),
            ("Device B", "humidity", 80.0, None, 1483228800000),
        ),
    ),
    Example(
        name="devices come and go, attributes are no telemetry",
        source=f"{GATEWAY_API}, Connect, Disconnect, Attributes",
        messages=(
            ("v1/gateway/connect", b'{"device":"Device A"}'),
            ("v1/gateway/attributes", b'{"Device A":{"attribute1":"value1", "attribute2": 42}}'),
            ("v1/devices/me/attributes", b'{"attribute1": "value1", "attribute2": 42}'),
            ("v1/gateway/disconnect", b'{"device":"Device A"}'),
        ),
        note="All are legal; connect and disconnect say whether the device is there.",
    ),
    Example(
        name="one bad record of a gateway keeps its neighbours",
        source="made up",
        messages=(
            (
                "v1/gateway/telemetry",
                b'{"Device A": [{"ts": "noon", "values": {"temperature": 42}}, 7, '
                b'{"ts": 1483228801000, "values": {"temperature": 1e999, "humidity": 82}}]}',
            ),
        ),
        readings=(("Device A", "humidity", 82.0, None, 1483228801000),),
        refused=("time", "schema", "not_finite"),
    ),
]
