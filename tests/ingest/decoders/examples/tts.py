"""Published messages of The Things Stack 3."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

_DOC = "The Things Stack documentation, Data Formats"
_FORMATTER = "The Things Stack documentation, JavaScript payload formatters, Uplink"
_TOPIC = "v3/app1@tenant1/devices/dev1/"
_IDS = b"""
  "end_device_ids" : {
    "device_id" : "dev1",
    "application_ids" : {"application_id" : "app1"},
    "dev_eui" : "0004A30B001C0530",
    "join_eui" : "800000000000000C",
    "dev_addr" : "00BCB929"
  },"""
_RECEIVED = b'"received_at" : "2020-02-12T15:15:46.014773143Z",'
_REST = b"""
    "rx_metadata" : [ {
      "gateway_ids" : {"gateway_id" : "gtw1", "eui" : "9C5C8E00001A05C4"},
      "time" : "2020-02-12T15:15:45.787Z",
      "timestamp" : 2463457000,
      "rssi" : -35,
      "channel_rssi" : -35,
      "snr" : 5,
      "uplink_token" : "ChIKEAoEZ3R3MRIInFyOAAAaBcQQ6L3Vlgk=",
      "channel_index" : 2
    } ],
    "settings" : {
      "data_rate" : {"lora" : {"bandwidth" : 125000, "spreading_factor" : 7}},
      "coding_rate" : "4/6",
      "frequency" : "868300000",
      "timestamp" : 2463457000,
      "time" : "2020-02-12T15:15:45.787Z"
    },
    "consumed_airtime": "0.056576s",
    "locations": {
      "user": {
        "latitude": 37.97155556731436, "longitude": 23.72678801175413, "altitude": 10, "source": "SOURCE_REGISTRY"
      }
    },
    "version_ids": {
      "brand_id": "the-things-products",
      "model_id": "the-things-uno",
      "hardware_version": "1.0",
      "firmware_version": "quickstart",
      "band_id": "US_902_928"
    },
    "network_ids": {"net_id": "000013", "tenant_id": "tenant1", "cluster_id": "nam1"},
    "received_at" : "2020-02-12T15:15:45.789585559Z"
  }
}"""
_UP = (
    b"{"
    + _IDS
    + b"""
  "correlation_ids" : ["as:up:01E0WZGT6Y7657CPFPE5WEYDSQ", "gs:conn:01E0WDEC6T5T4XXBAX7S1VMFKE"],
  """
    + _RECEIVED
    + b"""
  "uplink_message" : {
    "session_key_id" : "AXA50tHUGUucuzS/bCGMNw==",
    "f_cnt" : 1,
    "frm_payload" : "gkHe",
    "decoded_payload" : {"temperature": 1.0, "luminosity": 0.64},"""
    + _REST
)
_PAYLOAD = b'"decoded_payload" : {"temperature": 1.0, "luminosity": 0.64},'
_GATEWAY_TIME = b'"time" : "2020-02-12T15:15:45.787Z"'
_AT = 1_581_520_545_787

EXAMPLES = [
    Example(
        "an uplink",
        f"{_DOC}, Uplink message example",
        ((f"{_TOPIC}up", _UP),),
        (("dev1", "temperature", 1.0, None, _AT), ("dev1", "luminosity", 0.64, None, _AT)),
        note="The time is the gateway's; `settings.timestamp` is a counter of its concentrator.",
    ),
    Example(
        "an uplink of gateways without a clock",
        f"{_DOC}, Uplink message example; made up: without the gateway's time, and with Go's zero time",
        (
            (f"{_TOPIC}up", _UP.replace(_GATEWAY_TIME, b'"time" : "0001-01-01T00:00:00Z"')),
            (
                f"{_TOPIC}up",
                _UP.replace(_GATEWAY_TIME, b'"time" : "0001-01-01T00:00:00Z"').replace(b"45.789585559Z", b""),
            ),
        ),
        (
            ("dev1", "temperature", 1.0, None, 1_581_520_545_789),
            ("dev1", "luminosity", 0.64, None, 1_581_520_545_789),
            ("dev1", "temperature", 1.0, None, 1_581_520_546_014),
            ("dev1", "luminosity", 0.64, None, 1_581_520_546_014),
        ),
    ),
    Example(
        "a normalised payload",
        f"{_FORMATTER}, Normalized Payload; in the envelope of {_DOC}",
        (
            (
                f"{_TOPIC}up",
                _UP.replace(
                    _PAYLOAD,
                    b'"decoded_payload": {"temperature": 50, "windSpeed": 17.5},'
                    b' "normalized_payload": [{"air": {"temperature": 10}, "wind": {"speed": 9.002}}],',
                ),
            ),
        ),
        (("dev1", "air.temperature", 10.0, "degC", _AT), ("dev1", "wind.speed", 9.002, "m/s", _AT)),
        note="50 °F and 17.5 knots are left out: the normalised payload has them in the schema's units.",
    ),
    Example(
        "The Things Node",
        f"{_FORMATTER}, Uplink Example: The Things Node; in the envelope of {_DOC}",
        (
            (
                f"{_TOPIC}up",
                _UP.replace(
                    _PAYLOAD,
                    b'"f_port": 4, "decoded_payload": {"battery": 3250, "event": "setup", "light": 1152,'
                    b' "temperature": -21.3}, "decoded_payload_warnings": ["it\'s cold"],'
                    b' "normalized_payload": [{"air": {"temperature": -21.3}}],',
                ),
            ),
        ),
        (
            ("dev1", "air.temperature", -21.3, "degC", _AT),
            ("dev1", "battery", 3250.0, None, _AT),
            ("dev1", "light", 1152.0, None, _AT),
        ),
        note="What is not normalised is kept as it was decoded.",
    ),
    Example(
        "several measurements, each with its time",
        f"{_FORMATTER}, Normalized Payload Schema; made up: a second measurement a minute later",
        (
            (
                f"{_TOPIC}up",
                _UP.replace(
                    _PAYLOAD,
                    b'"normalized_payload": [{"time": "2022-08-29T13:50:15Z",'
                    b' "air": {"pressure": 1032, "relativeHumidity": 43.9, "temperature": 21.5},'
                    b' "wind": {"direction": 321, "speed": 5.2}},'
                    b' {"time": "2022-08-29T13:51:15Z", "air": {"temperature": 21.6}}],',
                ),
            ),
        ),
        (
            ("dev1", "air.pressure", 1032.0, "hPa", 1_661_781_015_000),
            ("dev1", "air.relativeHumidity", 43.9, "%", 1_661_781_015_000),
            ("dev1", "air.temperature", 21.5, "degC", 1_661_781_015_000),
            ("dev1", "wind.direction", 321.0, "deg", 1_661_781_015_000),
            ("dev1", "wind.speed", 5.2, "m/s", 1_661_781_015_000),
            ("dev1", "air.temperature", 21.6, "degC", 1_661_781_075_000),
        ),
    ),
    Example(
        "nested objects, arrays, texts and the battery",
        f"{_DOC}, Uplink message example; made up: the payload, and last_battery_percentage as the API describes it",
        (
            (
                f"{_TOPIC}up",
                _UP.replace(
                    _PAYLOAD,
                    b'"decoded_payload": {"probes": [{"t": 4.5}, {"t": "open"}], "door": true},'
                    b' "last_battery_percentage":'
                    b' {"f_cnt": 12, "value": 72.5, "received_at": "2020-02-12T09:00:00.25Z"},',
                ),
            ),
        ),
        (
            ("dev1", "probes.0.t", 4.5, None, _AT),
            ("dev1", "last_battery_percentage.value", 72.5, "%", 1_581_498_000_250),
        ),
    ),
    Example(
        "a join, a downlink that was acknowledged, and one that failed",
        f"{_DOC}, Join message example, Downlink event message example, Downlink failed event message example",
        (
            (
                f"{_TOPIC}join",
                b"{"
                + _IDS
                + b"""
  "received_at" : "2020-02-17T07:49:09.935284891Z",
  "join_accept" : {"session_key_id" : "AXBSH1Pk6Z0G166RlH16CQ==", "received_at" : "2020-02-17T07:49:09.736532315Z"}
}""",
            ),
            (
                f"{_TOPIC}down/ack",
                b"{"
                + _IDS
                + b"""
  "received_at" : "2020-02-17T10:32:24.590413417Z",
  "downlink_ack" : {
    "session_key_id" : "AXBSp8v2brG0jqkri+sIkw==",
    "f_port" : 15,
    "f_cnt" : 1,
    "frm_payload" : "vu8=",
    "confirmed" : true,
    "priority" : "NORMAL",
    "correlation_ids" : [ "as:downlink:01E19B99501X84X6CV471TVSZ1" ]
  }
}""",
            ),
            (
                f"{_TOPIC}down/failed",
                b"""{
  "end_device_ids" : {"device_id" : "dev1", "application_ids" : {"application_id" : "app1"}},
  "correlation_ids" : [ "as:downlink:01E19Z5W3BZBG7CXSJE9C0A3CE" ],
  "downlink_failed" : {
    "downlink" : {"f_port" : 15, "frm_payload" : "vu8=", "confirmed" : true, "priority" : "NORMAL"},
    "error" : {"namespace" : "pkg/networkserver", "name" : "application_downlink_too_long", "code" : 3}
  }
}""",
            ),
        ),
    ),
    Example(
        "a location that was solved",
        "The Things Stack API, ApplicationLocation; made up",
        (
            (
                f"{_TOPIC}location/solved",
                b"{"
                + _IDS
                + _RECEIVED
                + b'"location_solved": {"service": "geo", "location": {"latitude": -7.2575, "longitude": 112.7521,'
                b' "accuracy": 12, "source": "SOURCE_LORA_TDOA"}}}',
            ),
        ),
        (
            ("dev1", "location.latitude", -7.2575, "deg", 1_581_520_546_014),
            ("dev1", "location.longitude", 112.7521, "deg", 1_581_520_546_014),
            ("dev1", "location.accuracy", 12.0, "m", 1_581_520_546_014),
        ),
    ),
    Example(
        "what is refused",
        "made up",
        (
            (
                "v3/app@ttn/devices/dev/up",
                b'{"end_device_ids":{"device_id":"dev","application_ids":{"application_id":"app"}},'
                b'"received_at":"2026-11-21T16:00:00Z","uplink_message":{"decoded_payload":{"t":1e999,"h":40}}}',
            ),
            ("v3/app@ttn/devices/dev/up", b"[1]"),
        ),
        (("dev", "h", 40.0, None, 1_795_276_800_000),),
        ("not_finite", "schema"),
    ),
]
