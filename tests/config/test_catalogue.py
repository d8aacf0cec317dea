"""Catalogues: what they give, and how a wrong line is named."""

import gc
import math
import time
from pathlib import Path

import pytest

from config.catalogue import check_limits, load_catalogue
from config.settings import LimitSettings
from telemetry.errors import SettingsError
from telemetry.sensors import Sensor
from telemetry.series import Identity

HEADER = "city,domain,zone,device,quantity,unit,min,low,high,max,interval,modulus,counter,gateway,lat,lon,name\n"


def load(tmp_path: Path, text: str, name: str = "sensors.csv") -> tuple[Sensor, ...]:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return load_catalogue(path)


def refusal(tmp_path: Path, text: str, name: str = "sensors.csv") -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, name)
    return [line.removeprefix(f"  {tmp_path}/") for line in str(caught.value).splitlines()[1:]]


def test_a_line_gives_a_sensor_in_canonical_units(tmp_path: Path) -> None:
    [sensor] = load(tmp_path, HEADER + "3578,water,gubeng,m1,flow,m3/h,0,36,1800,3600,15m,,,gw1,-7.26,112.75,Biliton\n")
    assert sensor.identity == Identity("3578", "water", "gubeng", "m1", "flow")
    assert (sensor.min, sensor.low, sensor.high, sensor.max) == pytest.approx((0, 10, 500, 1000))
    assert (sensor.unit, sensor.interval, sensor.gateway) == ("m3/h", 900_000, "gw1")
    assert (sensor.lat, sensor.lon, sensor.name) == (-7.26, 112.75, "Biliton")


def test_what_is_not_given_is_unknown(tmp_path: Path) -> None:
    [sensor] = load(tmp_path, "quantity,device,zone,domain,city\nph,m1,z,water,c\n")
    assert (sensor.unit, sensor.interval, sensor.gateway, sensor.counter) == (None, 0, None, False)
    assert all(math.isnan(value) for value in (sensor.min, sensor.max, sensor.low, sensor.high, sensor.modulus))


def test_offsets_move_limits_but_not_a_modulus(tmp_path: Path) -> None:
    text = HEADER + "c,water,z,m,temperature,degF,32,,,212,,,,,,,\nc,energy,z,e,energy,Wh,,,,,10,1e6,,,,,\n"
    water, energy = load(tmp_path, text)
    assert (water.min, water.max) == pytest.approx((0, 100))
    assert (energy.modulus, energy.interval) == (1000, 10_000)


def test_defaults_fill_what_the_sensors_below_leave_empty_and_the_nearest_wins(tmp_path: Path) -> None:
    text = (
        "city,domain,zone,device,quantity,unit,max,interval\n"
        "*,water,*,*,flow,m3/h,3600,10s\n"
        "c,water,*,*,flow,,900,\n"
        "c,water,z,*,flow,L/s,800,\n"
        "c,water,z,m1,flow,,,\n"
        "c,water,y,m1,flow,,,\n"
        "d,water,z,m1,flow,,7,1m\n"
        "d,water,z,m1,ph,,,\n"
    )
    rows = [(sensor.unit, sensor.max, sensor.interval) for sensor in load(tmp_path, text)]
    assert rows[:3] == [("L/s", 800, 10_000), ("m3/h", 250, 10_000), ("m3/h", pytest.approx(7 / 3.6), 60_000)]
    assert (rows[3][0], rows[3][2]) == (None, 0)


def test_numbers_are_in_the_unit_that_readings_without_one_are_taken_for(tmp_path: Path) -> None:
    text = (
        "city,domain,zone,device,quantity,unit,min,max,low,high,climatology,modulus\n"
        "c,water,*,*,temperature,degF,32,212,,,,\n"
        "c,water,z,*,temperature,,,,50,,6: 41..59,\n"
        "c,water,z,m1,temperature,,,,,86,,\n"
        "c,water,*,*,volume,L,,,,,,1e6\n"
        "c,water,z,m1,volume,,,,,,,1e7\n"
        "c,water,z,m2,volume,m3,,,,,,\n"
    )
    one, two, three = load(tmp_path, text)
    assert (one.unit, one.min, one.low, one.high, one.max) == pytest.approx(("degF", 0, 10, 30, 100))
    assert one.climatology[6] == pytest.approx((5, 15))
    assert [(each.unit, each.modulus) for each in (two, three)] == [("L", 10_000), ("m3", 1_000)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_write_other_delimiters_marks_and_line_ends(tmp_path: Path, delimiter: str) -> None:
    text = '\ufeff# the city\'s meters\r\nCity,Domain,Zone,Device,Quantity\r\n\r\nc,water, z ,"m1",flow\r\n'
    [sensor] = load(tmp_path, text.replace(",", delimiter))
    assert sensor.identity == Identity("c", "water", "z", "m1", "flow")


def test_yaml(tmp_path: Path) -> None:
    text = "- {city: 3578, domain: water, zone: 01, device: m1, quantity: flow, unit: m3/h, max: 3600, interval: 10s}\n"
    [sensor] = load(tmp_path, text, "sensors.yaml")
    assert (sensor.identity.zone, sensor.max, sensor.interval) == ("01", 1000, 10_000)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("c,watr,z,m,flow,,,,,,,,,,,,", "domain: 'watr' is not a domain; did you mean water? allowed: water, energy"),
        ("c,water,,m,flow,,,,,,,,,,,,", "zone: a blank name; allowed: 1 to 128 bytes"),
        ("c,water,z,a/b,flow,,,,,,,,,,,,", "device: 'a/b' can't be a level of a topic"),
        ("c,water,z,m,flow,degC,,,,,,,,,,,", "unit: unit 'degC' does not convert to L/s; allowed are L/s, L/min"),
        ("c,water,z,m,flow,,one,,,,,,,,,,", "min: 'one' is not a number"),
        ('c,water,z,m,flow,,"1,5",,,,,,,,,,', "min: '1,5' is not a number; write a point, not a comma"),
        ("c,water,z,m,flow,,nan,,,,,,,,,,", "min: 'nan' is not allowed; allowed: a finite number"),
        ("c,water,z,m,flow,,5,,,4,,,,,,,", "max: 4 is not above min, 5"),
        ("c,water,z,m,flow,,5,4,,,,,,,,,", "low: 4 is not above min, 5"),
        ("c,water,z,m,flow,,,,,,soon,,,,,,", "interval: 'soon' is not allowed; allowed: seconds, or a number with"),
        ("c,water,z,m,flow,,,,,,0,,,,,,", "interval: '0' is not allowed"),
        ("c,water,z,m,flow,,,,,,,99,,,,,", "modulus: only a counter rolls over"),
        ("c,water,z,m,volume,,,,,,,-9,,,,,", "modulus: '-9' is not allowed; allowed: above 0"),
        ("c,water,z,m,volume,,,,,,,,no,,,,", "counter: water volume is always a counter"),
        ("c,water,z,m,flow,,,,,,,,perhaps,,,,", "counter: 'perhaps' is not allowed; allowed: true or false"),
        ("c,water,z,m,flow,,,,,,,,,,91,1,", "lat: '91' is not allowed; allowed: degrees from -90 to 90"),
        ("c,water,z,m,flow,,,,,,,,,,1,,", "lat: lat and lon belong together"),
        ("c,water,z,m,flow", "5 cells, but 17 columns"),
        ("c,water,z,*,flow,,,,,,,,,gw,,,", "gateway: belongs to one device"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    [found] = refusal(tmp_path, HEADER + line + "\n")
    assert found.startswith(f"sensors.csv:2: {problem}")


def test_all_wrong_lines_are_named_and_repeats_name_the_first(tmp_path: Path) -> None:
    good = "c,water,z,m,flow,,,,,,,,,gw1,,,\n"
    text = HEADER + good + "c,fire,z,m,flow,,,,,,,,,,,,\n" + good + "c,water,z,m,ph,,,,,,,,,gw2,,,\n"
    lines = refusal(tmp_path, text)
    assert lines[0].startswith("sensors.csv:3: domain: 'fire'")
    assert lines[1] == "sensors.csv:4: device: the sensor c/water/z/m/flow is given in line 2 already"
    assert lines[2] == "sensors.csv:5: gateway: 'gw2', but the same device is behind 'gw1' in line 2"


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("s.csv", "", "s.csv:1: city: the column is missing; needed: city, domain, zone, device, quantity"),
        ("s.csv", "city,domain,zone,device,quantity,maxx\n", "s.csv:1: 'maxx' is not a column; did you mean max?"),
        ("s.csv", "city,city,domain,zone,device,quantity\n", "s.csv:1: city: the column is there twice"),
        ("s.csv", 'city,domain,zone,device,quantity\nc,water,z,"m,flow\n', "s.csv:2: is not CSV"),
        ("s.txt", "", "s.txt: a catalogue's name ends in .csv, .yaml or .yml"),
        ("s.yaml", "a: [", "s.yaml:2:1: not YAML"),
        ("s.yaml", "city: c", "s.yaml:1: a catalogue is a list"),
        (
            "s.yaml",
            "- {city: c, domain: water, zone: z, device: m, devise: x, quantity: q}",
            "s.yaml:1:48: 'devise' is",
        ),
        ("s.yaml", "- {city: c, domain: water, zone: z, device: m}", "s.yaml:1: quantity: is required"),
        ("s.yaml", "- 5", "s.yaml:1: each sensor is keys and values"),
    ],
)
def test_a_file_that_can_not_be_understood(tmp_path: Path, name: str, text: str, problem: str) -> None:
    assert refusal(tmp_path, text, name)[0].startswith(problem)


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_bytes(b"city\n\xff\n")
    with pytest.raises(SettingsError, match=r"s\.csv:2: is not UTF-8"):
        load_catalogue(path)


def test_a_catalogue_beyond_the_limits(tmp_path: Path) -> None:
    sensors = load(tmp_path, HEADER + "".join(f"c,water,z{i % 2},m{i},flow,,,,,,,,,,,,\n" for i in range(6)))
    check_limits(sensors, LimitSettings(max_series=6, zone_series=3))
    with pytest.raises(SettingsError, match=r"limits\.zone_series: allows 1, but the catalogue has 3 sensors in zone"):
        check_limits(sensors, LimitSettings(max_series=6))
    with pytest.raises(SettingsError, match=r"limits\.max_series: allows 5, but the catalogue has 6 sensors"):
        check_limits(sensors, LimitSettings(max_series=5, zone_series=5))


def test_many_lines_are_read_in_time_that_grows_with_them(tmp_path: Path) -> None:
    def seconds(count: int) -> float:
        lines = "".join(f"c,water,z{i % 40},m{i},flow,m3/h,0,,,3600,10s,,,g{i % 9},,,\n" for i in range(count))
        (tmp_path / "s.csv").write_text(HEADER + lines)
        gc.collect()
        gc.disable()  # how much there is to collect is not of the catalogue alone
        try:
            started = time.thread_time()
            assert len(load_catalogue(tmp_path / "s.csv")) == count
            return time.thread_time() - started
        finally:
            gc.enable()

    assert seconds(20_000) < 12 * seconds(5_000)


SENT = "city,domain,zone,device,quantity,unit,source,key,scale,offset\n"


def test_what_other_formats_call_a_sensor(tmp_path: Path) -> None:
    text = (
        SENT
        + "c,water,z,m1,volume,m3,a81758,ext.pulse,0.01,-3\nc,water,z,m2,flow,,a81759,,,\nc,water,z,m3,ph,,,pH 1,,\n"
    )
    one, two, three = load(tmp_path, text)
    assert (one.source, one.key, one.scale, one.offset) == ("a81758", "ext.pulse", 0.01, -3)
    assert (two.source, two.key, two.scale, two.offset) == ("a81759", None, 1, 0)
    assert (three.source, three.key) == (None, "pH 1")


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            "c,water,z,m1,flow,,s,k,,\nc,water,z,m2,flow,,s,k,,\n",
            "sensors.csv:3: key: 'k' of 's' is given in line 2 already",
        ),
        (
            "c,water,z,s,flow,,,k,,\nc,water,z,m2,flow,,s,k,,\n",
            "sensors.csv:3: key: 'k' of 's' is given in line 2 already",
        ),
        ("c,water,z,m1,flow,,s,,2,\n", "sensors.csv:2: scale: needs key"),
        ("c,water,z,m1,flow,,s,k,0,\n", "sensors.csv:2: scale: 0 is not allowed"),
        ("c,water,z,m1,flow,,s,k,1,nan\n", "sensors.csv:2: offset: 'nan' is not allowed"),
        ("c,water,z,*,flow,,s,,,\n", "sensors.csv:2: source: belongs to one device"),
    ],
)
def test_what_is_sent_goes_to_one_sensor(tmp_path: Path, lines: str, told: str) -> None:
    (line,) = refusal(tmp_path, SENT + lines)
    assert line.startswith(told)
