"""Published messages of Zigbee2MQTT."""

from __future__ import annotations

from tests.ingest.decoders.example import ARRIVAL, Example

_TOPICS = "zigbee2mqtt.io, MQTT Topics and Messages"

EXAMPLES = [
    Example(
        "a temperature and humidity sensor",
        f"{_TOPICS}, Xiaomi MiJia temperature & humidity sensor (WSDCGQ01LM)",
        (("zigbee2mqtt/0x00158d0001dc126a", b'{\n  "temperature": 27.34,\n  "humidity": 44.72\n}'),),
        (
            ("0x00158d0001dc126a", "temperature", 27.34, "°C", None),
            ("0x00158d0001dc126a", "humidity", 44.72, "%", None),
        ),
    ),
    Example(
        "a switch, a motion sensor and a bulb",
        f"{_TOPICS}, WXKG01LM, RTCGQ01LM, LED1545G12; a friendly name with folders from its tip",
        (
            ("zigbee2mqtt/button", b'{"action": "single"}'),
            ("zigbee2mqtt/hall", b'{"occupancy": true}'),
            ("zigbee2mqtt/kitchen/floor_light", b'{"state": "ON", "brightness": 215, "color_temp": 325}'),
        ),
        (
            ("kitchen/floor_light", "brightness", 215.0, None, None),
            ("kitchen/floor_light", "color_temp", 325.0, None, None),
        ),
        note="Texts and booleans are passed over.",
    ),
    Example(
        "a battery, with last_seen",
        "github.com/Koenkk/zigbee2mqtt, messages in issues of 2019 (device lumi.sensor_switch.aq2)",
        (
            (
                "zigbee2mqtt/xxx.switch",
                b'{"battery":85,"voltage":2955,"linkquality":155,"last_seen":"2019-01-12T13:41:32.255Z"}',
            ),
            (
                "zigbee2mqtt/xxx.switch",
                b'{"battery":85,"voltage":2955,"linkquality":155,"last_seen":"2019-01-12T14:41:32+01:00"}',
            ),
            (
                "zigbee2mqtt/xxx.switch",
                b'{"battery":85,"voltage":2955,"linkquality":155,"last_seen":1547300492255,"elapsed":5000}',
            ),
        ),
        tuple(
            ("xxx.switch", quantity, value, unit, time)
            for time in (1_547_300_492_255, 1_547_300_492_000, 1_547_300_492_255)
            for quantity, value, unit in (
                ("battery", 85.0, "%"),
                ("voltage", 2955.0, "mV"),
                ("linkquality", 155.0, "lqi"),
            )
        ),
        note="The voltage of a battery is in mV. last_seen may be ISO 8601, with an offset, or epoch milliseconds.",
    ),
    Example(
        "a metering plug",
        "made up, in the form of Zigbee2MQTT's page on exposes",
        (
            (
                "zigbee2mqtt/my_plug",
                b'{"state":"ON","power":12.5,"voltage":229,"current":0.06,"energy":3.41,"update":{"installed_version":17,'
                b'"state":"idle"},"device":{"networkAddress":29159},"color":{"x":0.123,"y":0.456}}',
            ),
        ),
        (
            ("my_plug", "power", 12.5, "W", None),
            ("my_plug", "voltage", 229.0, "V", None),
            ("my_plug", "current", 0.06, "A", None),
            ("my_plug", "energy", 3.41, "kWh", None),
            ("my_plug", "color.x", 0.123, None, None),
            ("my_plug", "color.y", 0.456, None, None),
        ),
    ),
    Example(
        "units as the bridge says, and groups",
        f"{_TOPICS}, bridge/devices, bridge/groups (shortened); made up: the exposes of the plug, and the states",
        (
            (
                "zigbee2mqtt/bridge/devices",
                b"""[
    {
        "ieee_address": "0x00158d00018255df",
        "type": "Router",
        "friendly_name": "my_plug",
        "definition": {
            "model": "ZNCZ02LM",
            "vendor": "Xiaomi",
            "exposes": [
                {"type": "switch", "features": [{"type": "binary", "name": "state", "property": "state"}]},
                {"type": "numeric", "name": "voltage", "property": "voltage", "unit": "V"},
                {"type": "composite", "property": "peak", "features":
                    [{"type": "numeric", "name": "power", "property": "power", "unit": "kW"}]}
            ]
        }
    },
    {"ieee_address": "0x00169a00022256da", "friendly_name": "my_sensor", "definition": null}
]""",
            ),
            (
                "zigbee2mqtt/bridge/groups",
                b'[{"id": 1, "friendly_name": "my_group", "scenes": [{"id": 1, "name": "Scene 1"}], "members": '
                b'[{"ieee_address": "0x90fd9ffffe6494fc", "endpoint": 1}]}]',
            ),
            ("zigbee2mqtt/my_plug", b'{"voltage": 1229, "power": 3, "peak": {"power": 1.5}}'),
            ("zigbee2mqtt/my_group", b'{"state": "ON", "brightness": 215}'),
        ),
        (
            ("my_plug", "voltage", 1229.0, "V", None),
            ("my_plug", "power", 3.0, "W", None),
            ("my_plug", "peak.power", 1.5, "kW", None),
        ),
    ),
    Example(
        "attributes in topics of their own",
        "zigbee2mqtt.io, MQTT, output: attribute; made up: the temperature",
        (
            ("zigbee2mqtt/my_bulb/state", b"ON"),
            ("zigbee2mqtt/my_bulb/temperature", b"41.5"),
        ),
        (("my_bulb", "temperature", 41.5, "°C", None),),
    ),
    Example(
        "what holds no measurement",
        f"{_TOPICS}: bridge/state, bridge/logging, bridge/event, set, get; Device-Availability, both payloads",
        (
            ("zigbee2mqtt/bridge/state", b"online"),
            ("zigbee2mqtt/bridge/logging", b'{"level": "info", "message": "Zigbee: allowing new devices to join."}'),
            (
                "zigbee2mqtt/bridge/event",
                b'{"type":"device_joined","data":{"friendly_name":"0x90fd9ffffe6494fc",'
                b'"ieee_address":"0x90fd9ffffe6494fc"}}',
            ),
            ("zigbee2mqtt/my_bulb/availability", b"online"),
            ("zigbee2mqtt/my_bulb/availability", b'{"state":"offline"}'),
            ("zigbee2mqtt/my_bulb/set", b'{"state": "ON", "brightness": 255, "color": {"x": 0.123, "y": 0.123}}'),
            ("zigbee2mqtt/my_bulb/set/state", b"ON"),
            ("zigbee2mqtt/my_bulb/get", b'{"state": ""}'),
        ),
        arrival=ARRIVAL,
    ),
    Example(
        "what is refused",
        "made up",
        (
            ("zigbee2mqtt/bin", b'{"temperature":1e999,"humidity":50.5}'),
            ("zigbee2mqtt/bin", b'{"temperature":21'),
        ),
        (("bin", "humidity", 50.5, "%", None),),
        ("not_finite", "json"),
    ),
]
