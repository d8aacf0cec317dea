"""Published messages of Tasmota."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

_STATUS = "Tasmota documentation, JSON Status Responses"
_MQTT = "Tasmota documentation, MQTT"
_AT = 1_517_786_221_000
_POW = b"""{
  "StatusSNS": {
    "Time": "2018.02.04 23:17:01",
    "ENERGY": {
      "Total": 3.185,
      "Yesterday": 3.058,
      "Today": 0.127,
      "Power": 0,
      "Factor": 0.00,
      "Voltage": 221,
      "Current": 0.000
    }
  }
}"""

EXAMPLES = [
    Example(
        "a temperature sensor",
        "Tasmota documentation, DS18x20 temperature sensor",
        (
            (
                "tele/tasmota/SENSOR",
                b'{"Time":"2019-01-01T00:00:00","DS18B20":{"Temperature":49.7},"TempUnit":"C"}',
            ),
        ),
        (("tasmota", "DS18B20.Temperature", 49.7, "C", 1_546_300_800_000),),
        note="The time has no zone: it is that of the settings, here UTC.",
    ),
    Example(
        "a FullTopic with the prefix behind",
        f"{_MQTT}, FullTopic tasmota/%topic%/%prefix%/ and its telemetry example",
        (
            (
                "tasmota/pool/tele/SENSOR",
                b'{"Time":"2017-02-16T10:13:52", "DS18B20":{"Temperature":20.6}}',
            ),
        ),
        (("pool", "DS18B20.Temperature", 20.6, None, 1_487_240_032_000),),
    ),
    Example(
        "an energy meter's status",
        f"{_STATUS}, POW",
        (("stat/sonoff/STATUS8", _POW),),
        (
            ("sonoff", "ENERGY.Total", 3.185, "kWh", _AT),
            ("sonoff", "ENERGY.Yesterday", 3.058, "kWh", _AT),
            ("sonoff", "ENERGY.Today", 0.127, "kWh", _AT),
            ("sonoff", "ENERGY.Power", 0.0, "W", _AT),
            ("sonoff", "ENERGY.Factor", 0.0, None, _AT),
            ("sonoff", "ENERGY.Voltage", 221.0, "V", _AT),
            ("sonoff", "ENERGY.Current", 0.0, "A", _AT),
        ),
    ),
    Example(
        "two sensors in Fahrenheit",
        f"{_STATUS}, SHT3X (and DHT11, multiple Sensor example)",
        (
            (
                "stat/sonoff/STATUS10",
                b"""{
  "StatusSNS": {
    "Time": "2018-02-07T20:16:19",
    "DHT11": {"Temperature": 78.8, "Humidity": 27.0},
    "SHT3X": {"Temperature": 74.8, "Humidity": 18.9},
    "TempUnit": "F"
  }
}""",
            ),
        ),
        (
            ("sonoff", "DHT11.Temperature", 78.8, "F", 1_518_034_579_000),
            ("sonoff", "DHT11.Humidity", 27.0, "%", 1_518_034_579_000),
            ("sonoff", "SHT3X.Temperature", 74.8, "F", 1_518_034_579_000),
            ("sonoff", "SHT3X.Humidity", 18.9, "%", 1_518_034_579_000),
        ),
    ),
    Example(
        "air",
        f"{_STATUS}, PMS5003 and HTU21, and Sonoff SC, and BMP280",
        (
            (
                "stat/sonoff/STATUS10",
                b"""{
  "StatusSNS": {
    "Time": "2018-02-16T16:22:12",
    "HTU21": {"Temperature": 24.7, "Humidity": 32.1},
    "PMS5003": {
      "CF1": 1, "CF2.5": 2, "CF10": 2, "PM1": 1, "PM2.5": 2, "PM10": 2,
      "PB0.3": 423, "PB0.5": 116, "PB1": 17, "PB2.5": 1, "PB5": 0, "PB10": 0
    },
    "TempUnit": "C"
  }
}""",
            ),
            (
                "tele/sc/SENSOR",
                b'{"Time": "2018-02-16T16:18:49", "Temperature": 25, "Humidity": 83, "Light": 10, "Noise": 20,'
                b' "AirQuality": 100, "TempUnit": "C"}',
            ),
            (
                "stat/bmp/STATUS10",
                b'{"StatusSNS": {"Time": "2018-02-10T22:46:34", "BMP280": {"Temperature": 80.9, "Pressure": 984.4}}}',
            ),
        ),
        (
            ("sonoff", "HTU21.Temperature", 24.7, "C", 1_518_798_132_000),
            ("sonoff", "HTU21.Humidity", 32.1, "%", 1_518_798_132_000),
            ("sonoff", "PMS5003.CF1", 1.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.CF2.5", 2.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.CF10", 2.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.PM1", 1.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.PM2.5", 2.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.PM10", 2.0, "ug/m3", 1_518_798_132_000),
            ("sonoff", "PMS5003.PB0.3", 423.0, None, 1_518_798_132_000),
            ("sonoff", "PMS5003.PB0.5", 116.0, None, 1_518_798_132_000),
            ("sonoff", "PMS5003.PB1", 17.0, None, 1_518_798_132_000),
            ("sonoff", "PMS5003.PB2.5", 1.0, None, 1_518_798_132_000),
            ("sonoff", "PMS5003.PB5", 0.0, None, 1_518_798_132_000),
            ("sonoff", "PMS5003.PB10", 0.0, None, 1_518_798_132_000),
            ("sc", "Temperature", 25.0, "C", 1_518_797_929_000),
            ("sc", "Humidity", 83.0, "%", 1_518_797_929_000),
            ("sc", "Light", 10.0, None, 1_518_797_929_000),
            ("sc", "Noise", 20.0, None, 1_518_797_929_000),
            ("sc", "AirQuality", 100.0, None, 1_518_797_929_000),
            ("bmp", "BMP280.Temperature", 80.9, None, 1_518_302_794_000),
            ("bmp", "BMP280.Pressure", 984.4, "hPa", 1_518_302_794_000),
        ),
        note="Where the message has no TempUnit, nobody knows; pressure without PressureUnit is in hPa.",
    ),
    Example(
        "a state",
        f"{_STATUS}, Basic Response (its StatusSNS and StatusSTS)",
        (
            (
                "stat/sonoff/STATUS0",
                b"""{
  "Status": {"Module": 1, "FriendlyName": "XXX", "Topic": "sonoff", "Power": 0},
  "StatusSNS": {"Time": "2018.02.15 01:00:50", "Switch1": "OFF"},
  "StatusSTS": {
    "Time": "2018.02.15 01:00:50",
    "Uptime": "1 02:33:26",
    "Vcc": 3.504,
    "POWER": "OFF",
    "Wifi": {"AP": 1, "SSId": "XXX", "RSSI": 100, "APMac": "34:31:C4:XX:XX:XX"}
  }
}""",
            ),
        ),
        (
            ("sonoff", "Vcc", 3.504, "V", 1_518_656_450_000),
            ("sonoff", "Wifi.AP", 1.0, None, 1_518_656_450_000),
            ("sonoff", "Wifi.RSSI", 100.0, "%", 1_518_656_450_000),
        ),
    ),
    Example(
        "several sensors of a kind",
        "Tasmota, change log of 5.11.0 (DS18x20); made up: time and device",
        (
            (
                "tele/boiler/SENSOR",
                b'{"Time":"2018-01-01T00:00:00","DS18B20-1":{"Id":"00000483C23A","Temperature":19.5},'
                b'"DS18B20-2":{"Id":"0000048EC44C","Temperature":19.6},"TempUnit":"C"}',
            ),
        ),
        (
            ("boiler", "DS18B20-1.Temperature", 19.5, "C", 1_514_764_800_000),
            ("boiler", "DS18B20-2.Temperature", 19.6, "C", 1_514_764_800_000),
        ),
    ),
    Example(
        "three phases, a wind gauge, and an epoch",
        "made up, in the form of Tasmota's energy and TX23 drivers",
        (
            (
                "tele/meter/SENSOR",
                b'{"Time":"2021-11-06T10:00:00","Epoch":1636192800.25,"ENERGY":{"TotalStartTime":"2020-01-01T00:00:00",'
                b'"Total":[1.5,2.5],"Period":12,"Voltage":[231,232],"ReactivePower":-7.21,"PhaseAngle":290.45}}',
            ),
            (
                "tele/wind/SENSOR",
                b'{"Time":"2020-03-03T00:00:00+00:00","TX23":{"Speed":{"Act":14.8,"Avg":8.5},'
                b'"Dir":{"Card":"WSW","Deg":247.5,"Avg":266.1}},"SpeedUnit":"km/h"}',
            ),
        ),
        (
            ("meter", "ENERGY.Total.0", 1.5, "kWh", 1_636_192_800_250),
            ("meter", "ENERGY.Total.1", 2.5, "kWh", 1_636_192_800_250),
            ("meter", "ENERGY.Period", 12.0, "Wh", 1_636_192_800_250),
            ("meter", "ENERGY.Voltage.0", 231.0, "V", 1_636_192_800_250),
            ("meter", "ENERGY.Voltage.1", 232.0, "V", 1_636_192_800_250),
            ("meter", "ENERGY.ReactivePower", -7.21, "var", 1_636_192_800_250),
            ("meter", "ENERGY.PhaseAngle", 290.45, "deg", 1_636_192_800_250),
            ("wind", "TX23.Speed.Act", 14.8, "km/h", 1_583_193_600_000),
            ("wind", "TX23.Speed.Avg", 8.5, "km/h", 1_583_193_600_000),
            ("wind", "TX23.Dir.Deg", 247.5, "deg", 1_583_193_600_000),
            ("wind", "TX23.Dir.Avg", 266.1, "deg", 1_583_193_600_000),
        ),
    ),
    Example(
        "a clock that was never set",
        "made up: before its first answer from a time server Tasmota counts from 1970",
        (("tele/new/SENSOR", b'{"Time":"1970-01-01T00:00:12","ENERGY":{"Power":42}}'),),
        (("new", "ENERGY.Power", 42.0, "W", None),),
    ),
    Example(
        "what holds no measurement",
        f"{_MQTT}: last will, commands and their answers",
        (
            ("tele/tasmota_switch/LWT", b"Online"),
            ("stat/tasmota_switch/RESULT", b'{"POWER":"OFF"}'),
            ("stat/tasmota_switch/POWER", b"OFF"),
            (
                "stat/tasmota/STATUS6",
                b'{"StatusMQT":{"MqttHost":"1.1.1.1","MqttPort":1883,"MqttClientMask":"DVES_%06X",'
                b'"MqttClient":"DVES_3D5E26","MqttUser":"tasmota","MqttCount":1,"MAX_PACKET_SIZE":1000,"KEEPALIVE":30}}',
            ),
        ),
    ),
    Example(
        "what is refused",
        "made up",
        (
            ("tele/tasmota_1/SENSOR", b'{"Time":"2026-11-21T16:00:00","AM2301":{"Temperature":1e999,"Humidity":50.5}}'),
            ("tele/tasmota_1/SENSOR", b'{"Time":"noon","AM2301":{"Temperature":21,"Humidity":50.5}}'),
        ),
        (("tasmota_1", "AM2301.Humidity", 50.5, "%", 1_795_276_800_000),),
        ("not_finite", "time"),
    ),
]
