"""Telegrams as wmbusmeters prints them."""

from __future__ import annotations

from tests.ingest.decoders.example import Example

README = "wmbusmeters README (github.com/wmbusmeters/wmbusmeters)"

WATER = b"""{
    "media":"water",
    "meter":"iperl",
    "name":"MyTapWater",
    "id":"33225544",
    "max_flow_m3h":0,
    "total_m3":123.529,
    "timestamp":"2024-03-03T18:37:00Z"
}"""

HEAT = b"""{
    "media":"heat",
    "meter":"kamheat",
    "name":"Heato",
    "id":"55775511",
    "status":"OK",
    "total_energy_consumption_kwh":3781,
    "total_volume_m3":344.27,
    "volume_flow_m3h":1.005,
    "t1_temperature_c":59.53,
    "t2_temperature_c":52.74,
    "forward_energy_m3c":21570,
    "return_energy_m3c":18272,
    "meter_date":"2022-12-10",
    "target_energy_kwh":2933,
    "target_volume_m3":267.97,
    "target_date":"2022-12-01",
    "total_l":344270,
    "approx_power_m3ch":6.82395,
    "total_mj":13611.6,
    "timestamp":"2023-01-14T07:20:22Z",
    "collector":"cm57829"
}"""
HEARD = 1673680822000

PULSES = b"""{
    "media":"other",
    "meter":"lansenpu",
    "name":"Electricity",
    "id":"00010206",
    "status":"POWER_LOW",
    "a_counter":4711,
    "b_counter":1234,
    "total_kwh":1471.1,
    "timestamp":"2023-01-14T07:25:34Z"
}"""

EXAMPLES = [
    Example(
        name="a water meter",
        source=f'{README}, "What does it do?"',
        messages=(("wmbusmeters/33225544", WATER),),
        readings=(
            ("33225544", "max_flow_m3h", 0.0, "m3/h", 1709491020000),
            ("33225544", "total_m3", 123.529, "m3", 1709491020000),
        ),
        note="`media`, `meter` and `name` become labels, by which a rule may choose domain and zone.",
    ),
    Example(
        name="a heat meter with calculated fields",
        source=f'{README}, "Add static and calculated fields to the output"',
        messages=(("wmbusmeters/55775511", HEAT),),
        readings=(
            ("55775511", "total_energy_consumption_kwh", 3781.0, "kWh", HEARD),
            ("55775511", "total_volume_m3", 344.27, "m3", HEARD),
            ("55775511", "volume_flow_m3h", 1.005, "m3/h", HEARD),
            ("55775511", "t1_temperature_c", 59.53, "degC", HEARD),
            ("55775511", "t2_temperature_c", 52.74, "degC", HEARD),
            ("55775511", "forward_energy_m3c", 21570.0, "m3degC", HEARD),
            ("55775511", "return_energy_m3c", 18272.0, "m3degC", HEARD),
            ("55775511", "target_energy_kwh", 2933.0, "kWh", HEARD),
            ("55775511", "target_volume_m3", 267.97, "m3", HEARD),
            ("55775511", "total_l", 344270.0, "L", HEARD),
            ("55775511", "approx_power_m3ch", 6.82395, "m3degC/h", HEARD),
            ("55775511", "total_mj", 13611.6, "MJ", HEARD),
        ),
        note="Texts and dates are skipped. The values of the target day keep the telegram's time.",
    ),
    Example(
        name="a pulse counter",
        source=f'{README}, "Add static and calculated fields to the output"',
        messages=(("wmbusmeters/00010206", PULSES),),
        readings=(
            ("00010206", "a_counter", 4711.0, None, 1673681134000),
            ("00010206", "b_counter", 1234.0, None, 1673681134000),
            ("00010206", "total_kwh", 1471.1, "kWh", 1673681134000),
        ),
    ),
    Example(
        name="a cold water meter, with the receiver and its signal strength",
        source="wmbusmeters, issue 813",
        messages=(
            (
                "wmbusmeters/76406477",
                b'{"media":"cold water","meter":"multical21","name":"MainWater","id":"76406477","status":"OK",'
                b'"total_m3":82.187,"target_m3":76.62,"flow_temperature_c":4,"external_temperature_c":8,'
                b'"current_status":"","time_dry":"","time_reversed":"","time_leaking":"","time_bursting":"",'
                b'"timestamp":"2023-01-21T14:31:39Z","device":"im871a[00103512]","rssi_dbm":-115}',
            ),
        ),
        readings=(
            ("76406477", "total_m3", 82.187, "m3", 1674311499000),
            ("76406477", "target_m3", 76.62, "m3", 1674311499000),
            ("76406477", "flow_temperature_c", 4.0, "degC", 1674311499000),
            ("76406477", "external_temperature_c", 8.0, "degC", 1674311499000),
            ("76406477", "rssi_dbm", -115.0, "dBm", 1674311499000),
        ),
    ),
    Example(
        name="a heat cost allocator with a clock of its own",
        source="wmbusmeters, issue 307",
        messages=(
            (
                "wmbusmeters/94025228",
                b"""{
    "media": "heat cost allocation",
    "meter": "whe5x",
    "name": "zaehler_94025228",
    "id": "94025228",
    "current_consumption_hca": 251,
    "set_date": "2020-12-31",
    "consumption_at_set_date_hca": 287,
    "set_date_1": "2020-12-31",
    "consumption_at_set_date_1_hca": 287,
    "error_date": "2127-15-31",
    "device_date_time": "2021-07-04 12:07",
    "timestamp": "2021-07-04T10:59:10Z",
    "device": "rtlwmbus[00000001]",
    "rssi_dbm": 15
}""",
            ),
        ),
        readings=(
            ("94025228", "current_consumption_hca", 251.0, "hca", 1625396350000),
            ("94025228", "consumption_at_set_date_hca", 287.0, "hca", 1625396350000),
            ("94025228", "consumption_at_set_date_1_hca", 287.0, "hca", 1625396350000),
            ("94025228", "rssi_dbm", 15.0, "dBm", 1625396350000),
        ),
        note="`device_date_time` is the meter's clock, which is neither in UTC nor right: it is not used.",
    ),
    Example(
        name="a missing value, humidity in per cent",
        source="made up after src/units.h and the README",
        messages=(
            (
                "wmbusmeters/MyHeat",
                b'{"_":"telegram","media":"heat","meter":"multical603","name":"MyHeat","id":"36363636",'
                b'"current_power_consumption_kw":1.3,"flow_temperature_c":null,"relative_humidity_rh":41.5,'
                b'"device_date_time":"2026-11-21 16:00","device":"rtlwmbus[1]","rssi_dbm":-77,'
                b'"timestamp":"2026-11-21T16:00:01Z"}',
            ),
        ),
        readings=(
            ("36363636", "current_power_consumption_kw", 1.3, "kW", 1795276801000),
            ("36363636", "relative_humidity_rh", 41.5, "%", 1795276801000),
            ("36363636", "rssi_dbm", -77.0, "dBm", 1795276801000),
        ),
    ),
    Example(
        name="no meter, no time, no finite number",
        source="made up",
        messages=(
            ("wmbusmeters/x", b'{"media":"water","meter":"iperl","total_m3":1}'),
            ("wmbusmeters/x", b'{"media":"water","meter":"iperl","id":"1","total_m3":1,"timestamp":"yesterday"}'),
            (
                "wmbusmeters/x",
                b'{"media":"water","meter":"iperl","id":"1","total_m3":1e999,"total_l":5,'
                b'"timestamp":"2026-11-21T16:00:01Z"}',
            ),
        ),
        readings=(("1", "total_l", 5.0, "L", 1795276801000),),
        refused=("schema", "time", "not_finite"),
    ),
]
