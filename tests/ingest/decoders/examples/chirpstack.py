"""Published events of ChirpStack 4 and of the ChirpStack Application Server 3."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

_V4 = "chirpstack.io, ChirpStack documentation, Integrations, Event types"
_V3 = "chirpstack.io, ChirpStack Application Server documentation, Integrations, Event types"
_V3_OLD = "LoRa App Server documentation, Sending and receiving device data (JSON v3)"
_DEVICE = b"""
    "deviceInfo": {
        "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        "tenantName": "ChirpStack",
        "applicationId": "17c82e96-be03-4f38-aef3-f83d48582d97",
        "applicationName": "Test application",
        "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
        "deviceProfileName": "Test device-profile",
        "deviceName": "Test device",
        "devEui": "0101010101010101",
        "tags": {"key": "value"}
    }"""
_EVENT = "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0101010101010101/event/"
_UP = (
    b"""{
    "deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d",
    "time": "2022-07-18T09:34:15.775023242+00:00","""
    + _DEVICE
    + b""",
    "devAddr": "00189440",
    "dr": 1,
    "fPort": 1,
    "data": "qg==",
    "rxInfo": [{
        "gatewayId": "0016c001f153a14c",
        "uplinkId": 4217106255,
        "rssi": -36,
        "snr": 10.5,
        "context": "E3OWOQ==",
        "metadata": {"region_name": "eu868", "region_common_name": "EU868"}
    }],
    "txInfo": {
        "frequency": 867100000,
        "modulation": {"lora": {"bandwidth": 125000, "spreadingFactor": 11, "codeRate": "CR_4_5"}}
    }
}"""
)
_V3_RX = b"""
    "rxInfo": [{
        "gatewayID": "AwMDAwMDAwM=",
        "time": "2019-11-08T13:59:25.048445Z",
        "timeSinceGPSEpoch": null,
        "rssi": -48,
        "loRaSNR": 9,
        "channel": 5,
        "rfChain": 0,
        "board": 0,
        "antenna": 0,
        "location": {"latitude": 52.3740364, "longitude": 4.9144401, "altitude": 10.5},
        "fineTimestampType": "NONE",
        "context": "9u/uvA==",
        "uplinkID": "jhMh8Gq6RAOChSKbi83RHQ=="
    }],
    "txInfo": {
        "frequency": 868100000,
        "modulation": "LORA",
        "loRaModulationInfo": {
            "bandwidth": 125, "spreadingFactor": 11, "codeRate": "4/5", "polarizationInversion": false
        }
    }"""
_V3_DEVICE = b"""
    "applicationID": "123",
    "applicationName": "temperature-sensor",
    "deviceName": "garden-sensor",
    "devEUI": "AgICAgICAgI=","""

EXAMPLES = [
    Example(
        "an uplink with a decoded object",
        f"{_V4}, up; the object is of its MQTT page's downlink example",
        (
            (
                f"{_EVENT}up",
                _UP.replace(
                    b'"data": "qg==",',
                    b'"data": "qg==", "object": {"temperatureSensor": {"1": 25}, "humiditySensor": {"1": 32}},',
                ),
            ),
        ),
        (
            ("0101010101010101", "temperatureSensor.1", 25.0, None, 1_658_136_855_775),
            ("0101010101010101", "humiditySensor.1", 32.0, None, 1_658_136_855_775),
        ),
        note="The sensor is the DevEUI; nested keys are joined by dots.",
    ),
    Example(
        "an uplink without a decoded object",
        f"{_V4}, up",
        ((f"{_EVENT}up", _UP),),
        note="No codec, no readings: this is legal.",
    ),
    Example(
        "a status",
        f"{_V4}, status",
        (
            (
                f"{_EVENT}status",
                b"""{
    "deduplicationId": "bf2a9746-1c8b-49be-a92e-f0b89c8534e4",
    "time": "2022-07-18T09:35:06.927172638+00:00","""
                + _DEVICE
                + b""",
    "margin": 10,
    "batteryLevel": 88.3
}""",
            ),
        ),
        (
            ("0101010101010101", "margin", 10.0, "dB", 1_658_136_906_927),
            ("0101010101010101", "batteryLevel", 88.3, "%", 1_658_136_906_927),
        ),
    ),
    Example(
        "a join, an acknowledgement, a transmission and a log entry",
        f"{_V4}, join, ack, txack, log",
        (
            (
                f"{_EVENT}join",
                b"""{
    "deduplicationId": "c9dbe358-2578-4fb7-b295-66b44edc45a6",
    "time": "2022-07-18T09:33:28.823500726+00:00","""
                + _DEVICE
                + b""",
    "devAddr": "00189440"
}""",
            ),
            (
                f"{_EVENT}ack",
                b"""{
    "deduplicationId": "856a03e7-80f6-4c26-b971-9dcb34a59c2e",
    "time": "2022-07-18T09:38:49.235700766+00:00","""
                + _DEVICE
                + b""",
    "queueItemId": "1bbcab1d-6ec6-4136-b3f5-d63be1dc08de",
    "acknowledged": true,
    "fCntDown": 3
}""",
            ),
            (
                f"{_EVENT}txack",
                b"""{
    "downlinkId": 3461958127,
    "time": "2022-07-18T09:37:48.929184085+00:00","""
                + _DEVICE
                + b""",
    "queueItemId": "42cb6459-a640-46ec-9623-bdff39dc4736",
    "fCntDown": 2,
    "gatewayId": "0016c001f153a14c"
}""",
            ),
            (
                f"{_EVENT}log",
                b"""{
    "time": "2022-07-18T09:39:57.311414029+00:00","""
                + _DEVICE
                + b""",
    "level": "ERROR",
    "code": "UPLINK_MIC",
    "description": "MIC of join-request is invalid, make sure keys are correct",
    "context": {"deduplication_id": "4e91db13-5ce3-4c8c-ab0f-dfc626cf0771"}
}""",
            ),
        ),
        note="Legal, and no measurements.",
    ),
    Example(
        "a location",
        f"{_V4}, location",
        (
            (
                f"{_EVENT}location",
                b"""{
    "deduplicationId": "63d870b9-b769-4d88-8b33-8e43f58851a7",
    "time": "2022-07-18T09:55:11.059481003+00:00","""
                + _DEVICE
                + b""",
    "location": {"latitude": 37.344214, "longitude": -8.839375, "altitude": 2}
}""",
            ),
        ),
        (
            ("0101010101010101", "location.latitude", 37.344214, "deg", 1_658_138_111_059),
            ("0101010101010101", "location.longitude", -8.839375, "deg", 1_658_138_111_059),
            ("0101010101010101", "location.altitude", 2.0, "m", 1_658_138_111_059),
        ),
    ),
    Example(
        "an event of an integration",
        f"{_V4}, integration (its long lists of null shortened)",
        (
            (
                "application/17c82e96-be03-4f38-aef3-f83d48582d97/device/0016c001f000175a/event/integration",
                b"""{
    "deduplicationId": "39c68646-57f7-4973-8ac8-48839b5714d6",
    "time": "2022-07-18T10:02:15.812284501+00:00","""
                + _DEVICE.replace(b"0101010101010101", b"0016c001f000175a").replace(b'Test device"', b'LR1110"')
                + b""",
    "integrationName": "loracloud",
    "eventType": "modem_UplinkResponse",
    "object": {
        "stream_records": [[43.0, "0815a7f492bf248575caf492bf248725c874acb96799de"]],
        "dnlink": null,
        "log_messages": [],
        "info_fields": {"voltage": {"timestamp": 1648481184.757, "value": 3.04}, "interval": null}
    }
}""",
            ),
        ),
        (
            ("0016c001f000175a", "stream_records.0.0", 43.0, None, 1_658_138_535_812),
            ("0016c001f000175a", "info_fields.voltage.timestamp", 1648481184.757, None, 1_658_138_535_812),
            ("0016c001f000175a", "info_fields.voltage.value", 3.04, None, 1_658_138_535_812),
        ),
        note="Places in arrays count from 0.",
    ),
    Example(
        "an uplink without a time",
        f"{_V4}, up; made up: the zero time of Go, and times of gateway and network server as gw.proto has them",
        (
            (
                f"{_EVENT}up",
                _UP.replace(b"2022-07-18T09:34:15.775023242+00:00", b"0001-01-01T00:00:00Z")
                .replace(b'"snr": 10.5,', b'"snr": 10.5, "nsTime": "2022-07-18T09:34:15.775Z",')
                .replace(b'"data": "qg==",', b'"object": {"temperature": [21.5, "warm", true, 22]},'),
            ),
            (
                f"{_EVENT}up",
                _UP.replace(b"2022-07-18T09:34:15.775023242+00:00", b"0001-01-01T00:00:00Z")
                .replace(
                    b'"snr": 10.5,',
                    b'"snr": 10.5, "gwTime": "2022-07-18T09:34:15.7159999Z", "nsTime": "2022-07-18T09:34:15.775Z",',
                )
                .replace(b'"data": "qg==",', b'"object": {"temperature": 21.5},'),
            ),
        ),
        (
            ("0101010101010101", "temperature.0", 21.5, None, 1_658_136_855_775),
            ("0101010101010101", "temperature.3", 22.0, None, 1_658_136_855_775),
            ("0101010101010101", "temperature", 21.5, None, 1_658_136_855_715),
        ),
    ),
    Example(
        "version 3: an uplink",
        f"{_V3}, up",
        (
            (
                "application/123/device/0202020202020202/event/up",
                b"{"
                + _V3_DEVICE
                + _V3_RX
                + b""",
    "adr": true,
    "dr": 1,
    "fCnt": 10,
    "fPort": 5,
    "data": "...",
    "objectJSON": "{\\"temperatureSensor\\":25,\\"humiditySensor\\":32}",
    "tags": {"key": "value"}
}""",
            ),
        ),
        (
            ("0202020202020202", "temperatureSensor", 25.0, None, 1_573_221_565_048),
            ("0202020202020202", "humiditySensor", 32.0, None, 1_573_221_565_048),
        ),
        note="Version 3 writes the DevEUI in base64, and the object as a text of JSON.",
    ),
    Example(
        "version 3: a status",
        f"{_V3}, status",
        (
            (
                "application/123/device/0202020202020202/event/status",
                b"{"
                + _V3_DEVICE
                + b"""
    "margin": 6,
    "externalPowerSource": false,
    "batteryLevelUnavailable": false,
    "batteryLevel": 75.5,
    "tags": {"key": "value"}
}""",
            ),
        ),
        (
            ("0202020202020202", "margin", 6.0, "dB", None),
            ("0202020202020202", "batteryLevel", 75.5, "%", None),
        ),
    ),
    Example(
        "version 3 of old: an uplink",
        f"{_V3_OLD}, Uplink",
        (
            (
                "application/123/device/0202020202020202/rx",
                b"""{
    "applicationID": "123",
    "applicationName": "temperature-sensor",
    "deviceName": "garden-sensor",
    "devEUI": "0202020202020202",
    "rxInfo": [{
        "gatewayID": "0303030303030303",
        "name": "rooftop-gateway",
        "time": "2016-11-25T16:24:37.295915988Z",
        "rssi": -57,
        "loRaSNR": 10,
        "location": {"latitude": 52.3740364, "longitude": 4.9144401, "altitude": 10.5}
    }],
    "txInfo": {"frequency": 868100000, "dr": 5},
    "adr": false,
    "fCnt": 10,
    "fPort": 5,
    "data": "...",
    "object": {"temperatureSensor": {"1": 25}, "humiditySensor": {"1": 32}},
    "tags": {"key": "value"}
}""",
            ),
        ),
        (
            ("0202020202020202", "temperatureSensor.1", 25.0, None, 1_480_091_077_295),
            ("0202020202020202", "humiditySensor.1", 32.0, None, 1_480_091_077_295),
        ),
    ),
    Example(
        "version 3 of old: a device with external power",
        f"{_V3_OLD}, Status; made up: with the flag that its page explains",
        (
            (
                "application/123/device/0202020202020202/status",
                b"""{
    "applicationID": "123",
    "applicationName": "temperature-sensor",
    "deviceName": "garden-sensor",
    "devEUI": "0202020202020202",
    "battery": 0,
    "margin": 6,
    "externalPowerSource": true,
    "batteryLevelUnavailable": false,
    "batteryLevel": 0
}""",
            ),
        ),
        (("0202020202020202", "margin", 6.0, "dB", None),),
    ),
    Example(
        "a number that is none beside a good one",
        f"{_V4}, up; made up: a codec's division by zero",
        ((f"{_EVENT}up", _UP.replace(b'"data": "qg==",', b'"object": {"flow": NaN, "level": 1.25},')),),
        (("0101010101010101", "level", 1.25, None, 1_658_136_855_775),),
        ("not_finite",),
    ),
]
