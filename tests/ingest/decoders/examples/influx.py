"""InfluxDB line protocol: the examples of InfluxData's documentation."""

from __future__ import annotations

from typing import Final

from ingest.decoders.table import Options
from tests.ingest.decoders.example import Example

_REFERENCE = "InfluxData, Line protocol (InfluxDB OSS v2 reference), "
_TUTORIAL = "InfluxData, InfluxDB line protocol tutorial (v1)"

EXAMPLES: Final = [
    Example(
        name="weather",
        source=_TUTORIAL + ", Syntax",
        messages=(("influx", b"weather,location=us-midwest temperature=82 1465839830100400200"),),
        readings=(("weather,location=us-midwest", "temperature", 82.0, None, 1_465_839_830_100),),
        note="The series key is the sensor, the field key the quantity; nanoseconds are cut to milliseconds.",
    ),
    Example(
        name="several tags and fields",
        source=_TUTORIAL + ", Tag set and Field set, put together",
        messages=(
            (
                "influx",
                b"weather,location=us-midwest,season=summer temperature=82,humidity=71 1465839830100400200",
            ),
        ),
        readings=(
            ("weather,location=us-midwest,season=summer", "temperature", 82.0, None, 1_465_839_830_100),
            ("weather,location=us-midwest,season=summer", "humidity", 71.0, None, 1_465_839_830_100),
        ),
    ),
    Example(
        name="no timestamp",
        source=_TUTORIAL + ", Timestamp",
        messages=(("influx", b"weather,location=us-midwest temperature=82"),),
        readings=(("weather,location=us-midwest", "temperature", 82.0, None, None),),
        note="The time is that of arrival.",
    ),
    Example(
        name="floats, integers and unsigned integers",
        source=_REFERENCE + "Data types and format",
        messages=(
            (
                "influx",
                b"myMeasurement fieldKey=1.0\nmyMeasurement fieldKey=1\nmyMeasurement fieldKey=-1.234456e+78\n"
                b"myMeasurement fieldKey=1i\nmyMeasurement fieldKey=12485903i\nmyMeasurement fieldKey=-12485903i\n"
                b"myMeasurement fieldKey=1u\nmyMeasurement fieldKey=12485903u\n",
            ),
        ),
        readings=tuple(
            ("myMeasurement", "fieldKey", value, None, None)
            for value in (1.0, 1.0, -1.234456e78, 1.0, 12485903.0, -12485903.0, 1.0, 12485903.0)
        ),
        note="One message may hold many lines.",
    ),
    Example(
        name="booleans and strings",
        source=_REFERENCE + "Boolean, and String",
        messages=(
            (
                "influx",
                b"myMeasurement fieldKey=true\nmyMeasurement fieldKey=false\nmyMeasurement fieldKey=t\n"
                b"myMeasurement fieldKey=f\nmyMeasurement fieldKey=TRUE\nmyMeasurement fieldKey=FALSE\n"
                b'myMeasurement fieldKey="this is a string"\n'
                b'myMeasurementName fieldKey="fieldValue" 1556813561098000000\n',
            ),
        ),
        readings=tuple(("myMeasurement", "fieldKey", value, None, None) for value in (1.0, 0.0, 1.0, 0.0, 1.0, 0.0)),
        note="A boolean is 1 or 0; a string is no reading.",
    ),
    Example(
        name="special characters",
        source=_REFERENCE + "Special characters",
        messages=(
            (
                "influx",
                b"# Measurement name with spaces\n"
                b'my\\ Measurement fieldKey="string value"\n'
                b"\n"
                b"# Double quotes in a string field value\n"
                b'myMeasurement fieldKey="\\"string\\" within a string"\n'
                b"\n"
                b"# Tag keys and values with spaces\n"
                b"myMeasurement,tag\\ Key1=tag\\ Value1,tag\\ Key2=tag\\ Value2 fieldKey=100\n"
                b"\n"
                b"# Emojis\n"
                b'myMeasurement,tagKey=\xf0\x9f\x8d\xad fieldKey="Launch \xf0\x9f\x9a\x80" 1556813561098000000\n',
            ),
        ),
        readings=(("myMeasurement,tag Key1=tag Value1,tag Key2=tag Value2", "fieldKey", 100.0, None, None),),
        note="Comments and empty lines are skipped.",
    ),
    Example(
        name="escaped commas, equals signs and spaces",
        source=_TUTORIAL + ", Special characters and keywords",
        messages=(
            (
                "influx",
                b"weather,location=us\\,midwest temperature=82 1465839830100400200\n"
                b"weather,location=us-midwest temp\\=rature=82 1465839830100400200\n"
                b"weather,location\\ place=us-midwest temperature=82 1465839830100400200\n"
                b"wea\\,ther,location=us-midwest temperature=82 1465839830100400200\n"
                b"wea\\ ther,location=us-midwest temperature=82 1465839830100400200\n",
            ),
        ),
        readings=(
            ("weather,location=us,midwest", "temperature", 82.0, None, 1_465_839_830_100),
            ("weather,location=us-midwest", "temp=rature", 82.0, None, 1_465_839_830_100),
            ("weather,location place=us-midwest", "temperature", 82.0, None, 1_465_839_830_100),
            ("wea,ther,location=us-midwest", "temperature", 82.0, None, 1_465_839_830_100),
            ("wea ther,location=us-midwest", "temperature", 82.0, None, 1_465_839_830_100),
        ),
    ),
    Example(
        name="quotes where they mean nothing",
        source=_TUTORIAL + ", Quoting",
        messages=(
            (
                "influx",
                b"weather,location=us-midwest temperature='too warm'\n"
                b"weather,'location'=us-midwest temperature=82 1465839830100400200\n"
                b'weather,location="us-midwest" temperature=82 1465839830100400200',
            ),
        ),
        readings=(
            ("weather,'location'=us-midwest", "temperature", 82.0, None, 1_465_839_830_100),
            ('weather,location="us-midwest"', "temperature", 82.0, None, 1_465_839_830_100),
        ),
        refused=("schema",),
        note="Single quotes quote no value; in tags, quotes belong to the name.",
    ),
    Example(
        name="one bad line",
        source="made up",
        messages=(
            (
                "influx",
                b"meter,device=m7 flow=1.5 1763769600000000000\r\nmeter,device=m7 flow=\r\n"
                b"meter,device=m7 flow=NaN,head=3.25 1763769600000000000\r\n",
            ),
        ),
        readings=(
            ("meter,device=m7", "flow", 1.5, None, 1_763_769_600_000),
            ("meter,device=m7", "head", 3.25, None, 1_763_769_600_000),
        ),
        refused=("schema", "not_finite"),
        note="It harms only itself; a number that is none, not even its line.",
    ),
    Example(
        name="timestamps in seconds",
        source=_REFERENCE + "Unix timestamp, with the precision s",
        messages=(("influx", b"weather,location=us-midwest temperature=82 1465839830"),),
        readings=(("weather,location=us-midwest", "temperature", 82.0, None, 1_465_839_830_000),),
        options=Options(precision="s"),
        note="The precision is set, as InfluxDB's own interface wants it.",
    ),
]
