"""SenML as JSON: the examples of RFC 8428, section 5.1, and one of RFC 9100's versions."""

from __future__ import annotations

from typing import Final

from ingest.decoders.base import Reading
from tests.ingest.decoders.example import ARRIVAL, Example

_WIRE = "urn:dev:ow:10e2073a01080063"
_CURRENT = "urn:dev:ow:10e2073a0108006"
_WALK = 1_320_067_464_000

CURRENTS: Final[tuple[Reading, ...]] = (
    (_CURRENT, "voltage", 120.1, "V", 1_276_020_076_001),
    (_CURRENT, "current", 1.2, "A", 1_276_020_071_001),
    (_CURRENT, "current", 1.3, "A", 1_276_020_072_001),
    (_CURRENT, "current", 1.4, "A", 1_276_020_073_001),
    (_CURRENT, "current", 1.5, "A", 1_276_020_074_001),
    (_CURRENT, "current", 1.6, "A", 1_276_020_075_001),
    (_CURRENT, "current", 1.7, "A", 1_276_020_076_001),
)

_WALKED: Final[tuple[Reading, ...]] = (
    (_WIRE, "humidity", 20.0, "%RH", _WALK),
    (_WIRE, "longitude", 24.30621, "lon", _WALK),
    (_WIRE, "latitude", 60.07965, "lat", _WALK),
    (_WIRE, "humidity", 20.3, "%RH", _WALK + 60_000),
    (_WIRE, "longitude", 24.30622, "lon", _WALK + 60_000),
    (_WIRE, "latitude", 60.07965, "lat", _WALK + 60_000),
    (_WIRE, "humidity", 20.7, "%RH", _WALK + 120_000),
    (_WIRE, "longitude", 24.30623, "lon", _WALK + 120_000),
    (_WIRE, "latitude", 60.07966, "lat", _WALK + 120_000),
    (_WIRE, "battery", 98.0, "%EL", _WALK + 150_000),
    (_WIRE, "humidity", 21.2, "%RH", _WALK + 180_000),
    (_WIRE, "longitude", 24.30628, "lon", _WALK + 180_000),
    (_WIRE, "latitude", 60.07967, "lat", _WALK + 180_000),
)

EXAMPLES: Final = [
    Example(
        name="a single datapoint",
        source="RFC 8428, section 5.1.1",
        messages=(("senml/1", b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'),),
        readings=((_WIRE, "temperature", 23.1, "Cel", None),),
        note="The name is all identifier: the unit says what is measured. No time: that of arrival.",
    ),
    Example(
        name="multiple datapoints",
        source="RFC 8428, section 5.1.2, first pack",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},
  {"n":"current","u":"A","v":1.2}
]""",
            ),
        ),
        readings=((_WIRE, "voltage", 120.1, "V", None), (_WIRE, "current", 1.2, "A", None)),
        note="The second record inherits the base name.",
    ),
    Example(
        name="base time and unit",
        source="RFC 8428, section 5.1.2, second pack",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,
   "bu":"A","bver":5,
   "n":"voltage","u":"V","v":120.1},
  {"n":"current","t":-5,"v":1.2},
  {"n":"current","t":-4,"v":1.3},
  {"n":"current","t":-3,"v":1.4},
  {"n":"current","t":-2,"v":1.5},
  {"n":"current","t":-1,"v":1.6},
  {"n":"current","v":1.7}
]""",
            ),
        ),
        readings=CURRENTS,
        note="Times are added to the base time, 2010-06-08T18:01:16.001Z.",
    ),
    Example(
        name="multiple measurements",
        source="RFC 8428, section 5.1.3",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,
   "bu":"%RH","v":20},
  {"u":"lon","v":24.30621},
  {"u":"lat","v":60.07965},
  {"t":60,"v":20.3},
  {"u":"lon","t":60,"v":24.30622},
  {"u":"lat","t":60,"v":60.07965},
  {"t":120,"v":20.7},
  {"u":"lon","t":120,"v":24.30623},
  {"u":"lat","t":120,"v":60.07966},
  {"u":"%EL","t":150,"v":98},
  {"t":180,"v":21.2},
  {"u":"lon","t":180,"v":24.30628},
  {"u":"lat","t":180,"v":60.07967}
]""",
            ),
        ),
        readings=_WALKED,
        note="All records have one name, and are told apart by their units.",
    ),
    Example(
        name="resolved data",
        source="RFC 8428, section 5.1.4",
        messages=(
            (
                "senml/1",
                b"""[
  {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067464e+09,"v":20},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067464e+09,"v":24.30621},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067464e+09,"v":60.07965},
  {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067524e+09,"v":20.3},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067524e+09,"v":24.30622},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067524e+09,"v":60.07965},
  {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067584e+09,"v":20.7},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067584e+09,"v":24.30623},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067584e+09,"v":60.07966},
  {"n":"urn:dev:ow:10e2073a01080063","u":"%EL","t":1.320067614e+09,"v":98},
  {"n":"urn:dev:ow:10e2073a01080063","u":"%RH","t":1.320067644e+09,"v":21.2},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lon","t":1.320067644e+09,"v":24.30628},
  {"n":"urn:dev:ow:10e2073a01080063","u":"lat","t":1.320067644e+09,"v":60.07967}
]""",
            ),
        ),
        readings=_WALKED,
        note="The pack above, resolved: the same readings.",
    ),
    Example(
        name="multiple data types",
        source="RFC 8428, section 5.1.5",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},
  {"n":"label","vs":"Machine Room"},
  {"n":"open","vb":false},
  {"n":"nfc-reader","vd":"aGkgCg"}
]""",
            ),
        ),
        readings=((_WIRE, "temp", 23.1, "Cel", None), (_WIRE, "open", 0.0, None, None)),
        note="A boolean is 0 or 1; text and data are no readings.",
    ),
    Example(
        name="a collection of resources",
        source="RFC 8428, section 5.1.6",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"2001:db8::2/","bt":1.320078429e+09,
   "n":"temperature","u":"Cel","v":25.2},
  {"n":"humidity","u":"%RH","v":30},
  {"bn":"2001:db8::1/","n":"temperature","u":"Cel","v":12.3},
  {"n":"humidity","u":"%RH","v":67}
]""",
            ),
        ),
        readings=(
            ("2001:db8::2", "temperature", 25.2, "Cel", 1_320_078_429_000),
            ("2001:db8::2", "humidity", 30.0, "%RH", 1_320_078_429_000),
            ("2001:db8::1", "temperature", 12.3, "Cel", 1_320_078_429_000),
            ("2001:db8::1", "humidity", 67.0, "%RH", 1_320_078_429_000),
        ),
        note="The last record has the third's base name and the first's base time.",
    ),
    Example(
        name="setting an actuator",
        source="RFC 8428, section 5.1.7, first pack",
        messages=(
            (
                "senml/1",
                b"""[
  {"bn":"urn:dev:ow:10e2073a01080063:"},
  {"n":"temp","u":"Cel","v":23.1},
  {"n":"heat","u":"/","v":1},
  {"n":"fan","u":"/","v":0}
]""",
            ),
        ),
        readings=(
            (_WIRE, "temp", 23.1, "Cel", None),
            (_WIRE, "heat", 1.0, "/", None),
            (_WIRE, "fan", 0.0, "/", None),
        ),
        note="The first record holds nothing but the base name.",
    ),
    Example(
        name="two lights dimmed, then off",
        source="RFC 8428, section 5.1.7, last pack",
        messages=(
            (
                "senml/1",
                b"""[
  {"bt":1.320078429e+09,"bu":"/","n":"2001:db8::3","v":0.5},
  {"n":"2001:db8::4","v":0.5},
  {"n":"2001:db8::3","t":0.1,"v":0},
  {"n":"2001:db8::4","t":0.1,"v":0}
]""",
            ),
        ),
        readings=(
            ("2001:db8::3", "ratio", 0.5, "/", 1_320_078_429_000),
            ("2001:db8::4", "ratio", 0.5, "/", 1_320_078_429_000),
            ("2001:db8::3", "ratio", 0.0, "/", 1_320_078_429_100),
            ("2001:db8::4", "ratio", 0.0, "/", 1_320_078_429_100),
        ),
        note="An IPv6 address has colons, and is one identifier.",
    ),
    Example(
        name="secondary units",
        source="made up after RFC 8798, section 3, and RFC 9100, section 3",
        messages=(
            (
                "senml/1",
                b'[{"bver":26,"bn":"urn:dev:mac:0024befffe804ff1:","bt":-60,"n":"speed","u":"km/h","v":36},'
                b'{"n":"power","u":"kW","v":1.5,"s":5400},{"n":"rssi","t":30,"u":"dBm","v":-71}]',
            ),
        ),
        readings=(
            ("urn:dev:mac:0024befffe804ff1", "speed", 36.0, "km/h", ARRIVAL - 60_000),
            ("urn:dev:mac:0024befffe804ff1", "power", 1.5, "kW", ARRIVAL - 60_000),
            ("urn:dev:mac:0024befffe804ff1", "power.sum", 5400.0, "kW*s", ARRIVAL - 60_000),
            ("urn:dev:mac:0024befffe804ff1", "rssi", -71.0, "dBm", ARRIVAL - 30_000),
        ),
        note="Version 26 is version 10 with secondary units. Times below 2^28 count from the arrival.",
    ),
    Example(
        name="a label that must be understood",
        source="made up after RFC 8428, section 4.4",
        messages=(("senml/1", b'[{"n":"a:b","v":1},{"n":"a:c","v":2,"calibration_":3}]'),),
        refused=("schema",),
        note="An unknown label that ends with `_` refuses the whole pack.",
    ),
    Example(
        name="one bad record",
        source="made up after RFC 8428, section 4.5.1",
        messages=(("senml/1", b'[{"bn":"pump/","n":"flow","v":1},{"n":"caf\xc3\xa9","v":2},{"n":"head","v":1e999}]'),),
        readings=(("pump", "flow", 1.0, None, None),),
        refused=("schema", "not_finite"),
        note="Its neighbours are kept.",
    ),
]
