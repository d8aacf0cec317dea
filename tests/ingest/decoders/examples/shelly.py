"""Published messages of Shelly devices."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

_GEN1 = "shelly-api-docs.shelly.cloud, Gen1 Device API"
_GEN2 = "shelly-api-docs.shelly.cloud, Gen2+ Device API"
_TOPICS = "topics and units; made up: the values"
_SWITCH = b"""{
  "id": 0,
  "source": "WS_in",
  "output": false,
  "apower": 0,
  "voltage": 225.9,
  "current": 0,
  "freq": 50,
  "aenergy": {
    "total": 11.679,
    "by_minute": [0, 0, 0],
    "minute_ts": 1654511972
  },
  "ret_aenergy": {
    "total": 5.817,
    "by_minute": [0, 0, 0],
    "minute_ts": 1654511615
  },
  "temperature": {
    "tC": 53.3,
    "tF": 127.9
  }
}"""
_EM = b"""{
  "id": 0,
  "a_current": 4.029,
  "a_voltage": 236.1,
  "a_act_power": 951.2,
  "a_aprt_power": 951.9,
  "a_pf": 1,
  "a_freq": 50,
  "b_current": 4.027,
  "b_voltage": 236.201,
  "b_act_power": -951.1,
  "b_aprt_power": 951.8,
  "b_pf": 1,
  "b_freq": 50,
  "c_current": 3.03,
  "c_voltage": 236.402,
  "c_active_power": 715.4,
  "c_aprt_power": 716.2,
  "c_pf": 1,
  "c_freq": 50,
  "n_current": 11.029,
  "total_current": 11.083,
  "total_act_power": 2484.782,
  "total_aprt_power": 2486.7,
  "user_calibrated_phase": [],
  "errors": ["phase_sequence"]
}"""
_PHASES = (
    *(("a_current", 4.029, "A"), ("a_voltage", 236.1, "V"), ("a_act_power", 951.2, "W")),
    *(("a_aprt_power", 951.9, "VA"), ("a_pf", 1.0, None), ("a_freq", 50.0, "Hz")),
    *(("b_current", 4.027, "A"), ("b_voltage", 236.201, "V"), ("b_act_power", -951.1, "W")),
    *(("b_aprt_power", 951.8, "VA"), ("b_pf", 1.0, None), ("b_freq", 50.0, "Hz")),
    *(("c_current", 3.03, "A"), ("c_voltage", 236.402, "V"), ("c_active_power", 715.4, "W")),
    *(("c_aprt_power", 716.2, "VA"), ("c_pf", 1.0, None), ("c_freq", 50.0, "Hz")),
    *(("n_current", 11.029, "A"), ("total_current", 11.083, "A"), ("total_act_power", 2484.782, "W")),
    ("total_aprt_power", 2486.7, "VA"),
)
_PLUS = "shellyplus1pm-a8032abe54dc"

EXAMPLES = [
    Example(
        "Gen1: an energy meter",
        f"{_GEN1}, Shelly EM: MQTT, {_TOPICS}",
        (
            ("shellies/shellyem-B929CC/emeter/0/energy", b"94"),
            ("shellies/shellyem-B929CC/emeter/0/returned_energy", b"0"),
            ("shellies/shellyem-B929CC/emeter/0/total", b"106.2"),
            ("shellies/shellyem-B929CC/emeter/0/total_returned", b"0.0"),
            ("shellies/shellyem-B929CC/emeter/0/power", b"119.41"),
            ("shellies/shellyem-B929CC/emeter/0/reactive_power", b"-6.38"),
            ("shellies/shellyem-B929CC/emeter/0/voltage", b"233.51"),
            ("shellies/shellyem-B929CC/emeter/0/pf", b"0.99"),
            ("shellies/shellyem-B929CC/relay/0", b"off"),
        ),
        (
            ("shellyem-B929CC", "emeter.0.energy", 94.0, "Wmin", None),
            ("shellyem-B929CC", "emeter.0.returned_energy", 0.0, "Wmin", None),
            ("shellyem-B929CC", "emeter.0.total", 106.2, "Wh", None),
            ("shellyem-B929CC", "emeter.0.total_returned", 0.0, "Wh", None),
            ("shellyem-B929CC", "emeter.0.power", 119.41, "W", None),
            ("shellyem-B929CC", "emeter.0.reactive_power", -6.38, "var", None),
            ("shellyem-B929CC", "emeter.0.voltage", 233.51, "V", None),
            ("shellyem-B929CC", "emeter.0.pf", 0.99, None, None),
        ),
        note="`energy` counts watt-minutes since the last report; `total` Wh.",
    ),
    Example(
        "Gen1: a relay that meters, with thermometers",
        f"{_GEN1}, Shelly1/1PM: MQTT; its JSON as it stands there, {_TOPICS}",
        (
            ("shellies/shelly1pm-BA1936/relay/0", b"on"),
            ("shellies/shelly1pm-BA1936/relay/0/power", b"31.32"),
            ("shellies/shelly1pm-BA1936/relay/0/energy", b"8130"),
            ("shellies/shelly1pm-BA1936/temperature", b"45.21"),
            ("shellies/shelly1pm-BA1936/temperature_f", b"113.38"),
            ("shellies/shelly1pm-BA1936/overtemperature", b"0"),
            ("shellies/shelly1pm-BA1936/temperature_status", b"Normal"),
            ("shellies/shelly1pm-BA1936/ext_temperature/0", b"999"),
            ("shellies/shelly1pm-BA1936/ext_temperature/1", b"21.5"),
            ("shellies/shelly1pm-BA1936/ext_humidity/0", b"50"),
            (
                "shellies/shelly1pm-BA1936/ext_temperatures",
                b'{\n    "0":{"hwID":"XXXXXXXX","tC":20.5},\n    "1":{"hwID":"YYYYYYYY","tC":21.5},\n'
                b'    "2":{"hwID":"ZZZZZZZZ","tC":999}\n}',
            ),
        ),
        (
            ("shelly1pm-BA1936", "relay.0.power", 31.32, "W", None),
            ("shelly1pm-BA1936", "relay.0.energy", 8130.0, "Wmin", None),
            ("shelly1pm-BA1936", "temperature", 45.21, "C", None),
            ("shelly1pm-BA1936", "temperature_f", 113.38, "F", None),
            ("shelly1pm-BA1936", "overtemperature", 0.0, None, None),
            ("shelly1pm-BA1936", "ext_temperature.1", 21.5, "C", None),
            ("shelly1pm-BA1936", "ext_humidity.0", 50.0, "pct", None),
            ("shelly1pm-BA1936", "ext_temperatures.0.tC", 20.5, "C", None),
            ("shelly1pm-BA1936", "ext_temperatures.1.tC", 21.5, "C", None),
        ),
        note="999 stands for a sensor that is not valid.",
    ),
    Example(
        "Gen1: availability, announcement and info",
        f"{_GEN1}, MQTT Support, Availability and announces; made up: the values",
        (
            ("shellies/shelly1-B929CC/online", b"true"),
            (
                "shellies/announce",
                b'{"id":"shelly1-B929CC","model":"SHSW-1","mac":"16324CAABBCC","ip":"192.168.1.2","new_fw":false,'
                b'"fw_ver":"20170427-114337/master@79dbb397"}',
            ),
            (
                "shellies/shellyem-B929CC/info",
                b'{"wifi_sta":{"connected":true,"rssi":-71},"unixtime":1636192800,"serial":7,"ram_free":40892,'
                b'"emeters":[{"power":119.41,"pf":0.99,"voltage":233.51,"is_valid":true,"total":106.2}],'
                b'"meters":[{"power":0.5,"is_valid":true,"timestamp":1636192800,"total":8130}],"uptime":1}',
            ),
        ),
        (
            ("shellyem-B929CC", "emeters.0.power", 119.41, "W", 1_636_192_800_000),
            ("shellyem-B929CC", "emeters.0.pf", 0.99, None, 1_636_192_800_000),
            ("shellyem-B929CC", "emeters.0.voltage", 233.51, "V", 1_636_192_800_000),
            ("shellyem-B929CC", "emeters.0.total", 106.2, "Wh", 1_636_192_800_000),
            ("shellyem-B929CC", "meters.0.power", 0.5, "W", 1_636_192_800_000),
            ("shellyem-B929CC", "meters.0.total", 8130.0, "Wmin", 1_636_192_800_000),
        ),
    ),
    Example(
        "Gen2: a switch's status",
        f"{_GEN2}, Switch, Status example",
        ((f"{_PLUS}/status/switch:0", _SWITCH),),
        (
            (_PLUS, "switch:0.apower", 0.0, "W", None),
            (_PLUS, "switch:0.voltage", 225.9, "V", None),
            (_PLUS, "switch:0.current", 0.0, "A", None),
            (_PLUS, "switch:0.freq", 50.0, "Hz", None),
            (_PLUS, "switch:0.aenergy.total", 11.679, "Wh", None),
            (_PLUS, "switch:0.aenergy.by_minute.0", 0.0, "mWh", None),
            (_PLUS, "switch:0.aenergy.by_minute.1", 0.0, "mWh", None),
            (_PLUS, "switch:0.aenergy.by_minute.2", 0.0, "mWh", None),
            (_PLUS, "switch:0.ret_aenergy.total", 5.817, "Wh", None),
            (_PLUS, "switch:0.ret_aenergy.by_minute.0", 0.0, "mWh", None),
            (_PLUS, "switch:0.ret_aenergy.by_minute.1", 0.0, "mWh", None),
            (_PLUS, "switch:0.ret_aenergy.by_minute.2", 0.0, "mWh", None),
            (_PLUS, "switch:0.temperature.tC", 53.3, "C", None),
            (_PLUS, "switch:0.temperature.tF", 127.9, "F", None),
        ),
    ),
    Example(
        "Gen2: a three-phase meter's status",
        f"{_GEN2}, EM, Status example",
        (("shellypro3em-34987a45dd28/status/em:0", _EM),),
        tuple(("shellypro3em-34987a45dd28", f"em:0.{key}", value, unit, None) for key, value, unit in _PHASES),
    ),
    Example(
        "Gen2: notifications",
        f"{_GEN2}, Notifications, Examples 1 and 2; made up: the third, with power",
        (
            (
                "shellypro4pm-f008d1d8b8b8/events/rpc",
                b"""{
  "src": "shellypro4pm-f008d1d8b8b8",
  "dst": "user_1",
  "method": "NotifyStatus",
  "params": {
    "ts": 1631186545.04,
    "switch:0": {"id": 0, "output": true, "source": "button"}
  }
}""",
            ),
            (
                "shellypro4pm-f008d1d8b8b8/events/rpc",
                b"""{
  "src": "shellypro4pm-f008d1d8b8b8",
  "dst": "user_1",
  "method": "NotifyStatus",
  "params": {"ts": 1624348482.25, "cloud": {"connected": false}}
}""",
            ),
            (
                "shellypro4pm-f008d1d8b8b8/events/rpc",
                b'{"src":"shellypro4pm-f008d1d8b8b8","dst":"shellypro4pm-f008d1d8b8b8/events","method":"NotifyFullStatus",'
                b'"params":{"ts":1631186545.04,"switch:0":{"id":0,"apower":918.63,"aenergy":{"total":11.679}},'
                b'"temperature:100":{"id":100,"tC":21.5,"tF":70.7},"humidity:100":{"id":100,"rh":48.5},'
                b'"devicepower:0":{"id":0,"battery":{"V":5.35,"percent":72},"external":{"present":false}},'
                b'"sys":{"uptime":105,"ram_free":152268},"wifi":{"rssi":-55}}}',
            ),
        ),
        (
            ("shellypro4pm-f008d1d8b8b8", "switch:0.apower", 918.63, "W", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "switch:0.aenergy.total", 11.679, "Wh", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "temperature:100.tC", 21.5, "C", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "temperature:100.tF", 70.7, "F", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "humidity:100.rh", 48.5, "pct", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "devicepower:0.battery.V", 5.35, "V", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "devicepower:0.battery.percent", 72.0, "pct", 1_631_186_545_040),
            ("shellypro4pm-f008d1d8b8b8", "wifi.rssi", -55.0, "dBm", 1_631_186_545_040),
        ),
    ),
    Example(
        "Gen2: a prefix of one's own, an event, a device that is gone",
        f"{_GEN2}, MQTT (topic_prefix, online), Notifications (NotifyEvent); made up: the values",
        (
            ("shellies/plus1pm/status/switch:0", b'{"id":0,"source":"init","output":false,"apower":1.5}'),
            (
                "shellies/plus1pm/events/rpc",
                b'{"src":"shellyplus1pm-4417939341dc","dst":"shellies/plus1pm/events","method":"NotifyEvent",'
                b'"params":{"ts":1631266595.43,"events":[{"component":"input:0","id":0,"event":"btn_down",'
                b'"ts":1631266595.43}]}}',
            ),
            ("shellies/plus1pm/online", b"false"),
        ),
        (("plus1pm", "switch:0.apower", 1.5, "W", None),),
    ),
    Example(
        "what is refused",
        "made up",
        (
            (
                "shellypro4pm-f008d1d8b8b8/events/rpc",
                b'{"src":"shellypro4pm-f008d1d8b8b8","dst":"user_1","method":"NotifyStatus","params":'
                b'{"ts":1624348482.25,"temperature:100":{"id":100,"tC":1e999,"tF":70.7}}}',
            ),
            ("shellypro4pm-f008d1d8b8b8/events/rpc", b"[1]"),
        ),
        (("shellypro4pm-f008d1d8b8b8", "temperature:100.tF", 70.7, "F", 1_624_348_482_250),),
        ("not_finite", "schema"),
    ),
]
