"""Sparkplug B as its specification, Eclipse Tahu and devices in the field send it.

The specification shows payloads as JSON; here they are encoded as it says, by `sparkplug_encoder`.
"""

from __future__ import annotations

import struct

from tests.ingest.decoders.example import Example
from tests.ingest.decoders.sparkplug_encoder import metric, payload, template

SPECIFICATION = "Sparkplug 3.0.0 (Eclipse Foundation, ISO/IEC 20237:2023)"
AT = 1486144502122
NODE, DEVICE = "Sparkplug B Devices/Raspberry Pi", "Sparkplug B Devices/Raspberry Pi/Pibrella"


def _topic(kind: str, *rest: str, group: str = "Sparkplug B Devices", node: str = "Raspberry Pi") -> str:
    return "/".join(("spBv1.0", group, kind, node, *rest))


def _single(value: float) -> float:
    """The nearest number that a Float can be."""
    number: float = struct.unpack("<f", struct.pack("<f", value))[0]
    return number


NBIRTH = payload(
    metric("bdSeq", "Int64", 0, at=AT),
    metric("Node Control/Reboot", "Boolean", False, at=AT),
    metric("Node Control/Rebirth", "Boolean", False, at=AT),
    metric("Node Control/Next Server", "Boolean", False, at=AT),
    metric("Node Control/Scan Rate", "Int64", 3000, at=AT),
    metric("Properties/Hardware Make", "String", "Raspberry Pi", at=AT),
    metric("Properties/Hardware Model", "String", "Pi 3 Model B", at=AT),
    metric("Properties/OS", "String", "Raspbian", at=AT),
    metric("Properties/OS Version", "String", "Jessie with PIXEL/11.01.2017", at=AT),
    metric("Supply Voltage", "Float", 12.1, at=AT),
    at=AT,
    seq=0,
)
_INPUTS = ("Inputs/A", "Inputs/B", "Inputs/C", "Inputs/D", "Inputs/Button")
_OUTPUTS = ("Outputs/E", "Outputs/F", "Outputs/G", "Outputs/H")
_LIGHTS = ("Outputs/LEDs/Green", "Outputs/LEDs/Red", "Outputs/LEDs/Yellow", "Outputs/Buzzer")
_SWITCHES = (*_INPUTS, *_OUTPUTS, *_LIGHTS)
DBIRTH = payload(
    *(metric(name, "Boolean", False, at=AT) for name in _SWITCHES),
    metric("Properties/Hardware Make", "String", "Pibrella", at=AT),
    at=AT,
    seq=1,
)
_BORN = (
    (NODE, "Node Control/Scan Rate", 3000.0, None, AT),
    (NODE, "Supply Voltage", _single(12.1), None, AT),
)

EXAMPLES = [
    Example(
        name="an edge node is born and sends",
        source=f"{SPECIFICATION}, sections 6.4.19 NBIRTH and 6.4.21 NDATA",
        messages=(
            (_topic("NBIRTH"), NBIRTH),
            (_topic("NDATA"), payload(metric("Supply Voltage", "Float", 12.3, at=AT), at=AT, seq=1)),
        ),
        readings=(*_BORN, (NODE, "Supply Voltage", _single(12.3), None, AT)),
        note="bdSeq and the commands below Node Control are not readings. A Float has seven digits.",
    ),
    Example(
        name="a device behind it",
        source=f"{SPECIFICATION}, sections 6.4.19 NBIRTH, 6.4.20 DBIRTH, 6.4.22 DDATA and 6.4.26 DDEATH",
        messages=(
            (_topic("NBIRTH"), NBIRTH),
            (_topic("DBIRTH", "Pibrella"), DBIRTH),
            (
                _topic("DDATA", "Pibrella"),
                payload(
                    metric("Inputs/A", "Boolean", True, at=AT), metric("Inputs/C", "Boolean", True, at=AT), at=AT, seq=2
                ),
            ),
            (_topic("DDEATH", "Pibrella"), payload(at=AT, seq=3)),
        ),
        readings=(
            *_BORN,
            *((DEVICE, name, 0.0, None, AT) for name in _SWITCHES),
            (DEVICE, "Inputs/A", 1.0, None, AT),
            (DEVICE, "Inputs/C", 1.0, None, AT),
        ),
        note="Booleans are 1 and 0. The death makes what the device measures stale.",
    ),
    Example(
        name="the death of an edge node, and a host's state",
        source=f"{SPECIFICATION}, sections 6.4.25 NDEATH and 6.4.27 STATE; STATE as text: Sparkplug 2.2, section 10",
        messages=(
            (_topic("NBIRTH"), NBIRTH),
            (_topic("NDEATH"), payload(metric("bdSeq", "UInt64", 0, at=AT), at=AT)),
            ("spBv1.0/STATE/IamHost", b'{"online": true, "timestamp": 1668114759262}'),
            ("STATE/IamHost", b"OFFLINE"),
        ),
        readings=_BORN,
        note="Deaths and states bring no readings; a death counts if its bdSeq is that of the last birth.",
    ),
    Example(
        name="commands of a host",
        source=f"{SPECIFICATION}, sections 6.4.23 NCMD and 6.4.24 DCMD",
        messages=(
            (_topic("NCMD"), payload(metric("Node Control/Rebirth", "Boolean", True, at=AT), at=AT)),
            (
                _topic("DCMD", "Pibrella"),
                payload(
                    metric("Outputs/LEDs/Green", "Boolean", True, at=AT),
                    metric("Outputs/LEDs/Yellow", "Boolean", True, at=AT),
                    at=AT,
                ),
            ),
        ),
        note="What a host wishes is no reading.",
    ),
    Example(
        name="aliases, types and units from the birth",
        source=f"made up; the rules are {SPECIFICATION}, section 6.4.6, the property engUnit is Ignition's",
        messages=(
            (
                _topic("NBIRTH", group="Water", node="gw-1"),
                payload(metric("bdSeq", "UInt64", 7), metric("Supply Voltage", "Float", 12.5, alias=1), at=AT, seq=0),
            ),
            (
                _topic("DBIRTH", "meter-1", group="Water", node="gw-1"),
                payload(
                    metric("Flow", "Double", 14.2, alias=2, at=AT, properties={"engUnit": "m3/h", "Quality": 192}),
                    metric("Level", "Int16", -3, alias=3, at=AT, properties={"Engineering Units": "cm"}),
                    metric("Spare", "Int32", alias=4, at=AT, null=1),
                    metric("Serial", "String", "A-17", alias=5, at=AT),
                    at=AT,
                    seq=1,
                ),
            ),
            (
                _topic("DDATA", "meter-1", group="Water", node="gw-1"),
                payload(
                    metric(None, "Double", 14.9, alias=2, at=AT + 1000, typed=None),
                    metric(None, "Int16", 65534, alias=3, typed=None),
                    metric(None, "Int32", 12, alias=4, typed=None, transient=1),
                    metric(None, "Double", 13.5, alias=2, at=AT - 60_000, typed=None, historical=1),
                    metric(None, "Double", 1.0, alias=9, typed=None),
                    at=AT + 2000,
                    seq=2,
                ),
            ),
        ),
        readings=(
            ("Water/gw-1", "Supply Voltage", 12.5, None, AT),
            ("Water/gw-1/meter-1", "Flow", 14.2, "m3/h", AT),
            ("Water/gw-1/meter-1", "Level", -3.0, "cm", AT),
            ("Water/gw-1/meter-1", "Flow", 14.9, "m3/h", AT + 1000),
            ("Water/gw-1/meter-1", "Level", -2.0, "cm", AT + 2000),
            ("Water/gw-1/meter-1", "Flow", 13.5, "m3/h", AT - 60_000),
        ),
        refused=("schema",),
        note="65534 is -2 as an Int16. Alias 9 was never announced: it is refused, and the node is asked to be born "
        "again. Null and transient metrics are no readings. A metric without a time has the payload's.",
    ),
    Example(
        name="a simple edge node of Tahu",
        source="Eclipse Tahu, python/examples/simple_example.py: its node and metrics, with values made up",
        messages=(
            (
                _topic("NBIRTH", group="Tahu Sample", node="Simple Node 1"),
                payload(
                    metric("bdSeq", "Int64", 0, at=AT),
                    metric("loop_count", "UInt32", 0, alias=1, at=AT),
                    metric("sys_time", "DateTime", AT, alias=2, at=AT),
                    at=AT,
                    seq=0,
                ),
            ),
            (
                _topic("NDATA", group="Tahu Sample", node="Simple Node 1"),
                payload(metric(None, "UInt64", 4294967295, alias=1, at=AT + 5000, typed=None), at=AT + 5000, seq=1),
            ),
        ),
        readings=(
            ("Tahu Sample/Simple Node 1", "loop_count", 0.0, None, AT),
            ("Tahu Sample/Simple Node 1", "sys_time", float(AT), None, AT),
            ("Tahu Sample/Simple Node 1", "loop_count", 4294967295.0, None, AT + 5000),
        ),
        note="It sends its UInt32 as a long (`u32_in_long`). A DateTime is its milliseconds.",
    ),
    Example(
        name="negative numbers as devices send them",
        source="pysparkplug issue 26 (Int16 -87 as 4294967209), Eclipse Tahu issue 71 (Int8 -1 as 4294967295); the "
        "others alike",
        messages=(
            (
                _topic("DBIRTH", "plc", group="Plant", node="edge"),
                payload(
                    metric("sign-extended to 32 bits", "Int16", 4294967209),
                    metric("a byte sign-extended", "Int8", 4294967295),
                    metric("sixteen bits", "Int16", 65449),
                    metric("sign-extended to 64 bits", "Int16", -87),
                    metric("an Int32 in a long", "Int64", -87),
                    metric("an unsigned byte held in a signed one", "UInt8", 4294967240),
                    metric("out of range", "Int16", 70000),
                    at=AT,
                    seq=5,
                ),
            ),
        ),
        readings=(
            ("Plant/edge/plc", "sign-extended to 32 bits", -87.0, None, AT),
            ("Plant/edge/plc", "a byte sign-extended", -1.0, None, AT),
            ("Plant/edge/plc", "sixteen bits", -87.0, None, AT),
            ("Plant/edge/plc", "sign-extended to 64 bits", -87.0, None, AT),
            ("Plant/edge/plc", "an Int32 in a long", -87.0, None, AT),
            ("Plant/edge/plc", "an unsigned byte held in a signed one", 200.0, None, AT),
        ),
        refused=("schema",),
    ),
    Example(
        name="templates",
        source=f"made up; the rules are {SPECIFICATION}, sections 6.4.14 and 6.4.15",
        messages=(
            (
                _topic("NBIRTH", group="Plant", node="edge"),
                payload(
                    metric("bdSeq", "UInt64", 0),
                    metric("_types_/Motor", "Template", template(metric("RPM", "Int32", 0), definition=True)),
                    metric(
                        "Pump 1",
                        "Template",
                        template(
                            metric("RPM", "Int32", 1450),
                            metric("Bearing", "Template", template(metric("Temperature", "Float", 41.5), of="Bearing")),
                            of="_types_/Motor",
                        ),
                        alias=1,
                    ),
                    at=AT,
                    seq=0,
                ),
            ),
            (
                _topic("NDATA", group="Plant", node="edge"),
                payload(
                    metric(
                        None,
                        "Template",
                        template(metric("RPM", "Int32", 4294967286, typed=None), of="_types_/Motor"),
                        alias=1,
                        at=AT + 1000,
                        typed=None,
                    ),
                    at=AT + 2000,
                    seq=1,
                ),
            ),
        ),
        readings=(
            ("Plant/edge", "Pump 1.RPM", 1450.0, None, AT),
            ("Plant/edge", "Pump 1.Bearing.Temperature", 41.5, None, AT),
            ("Plant/edge", "Pump 1.RPM", -10.0, None, AT + 1000),
        ),
        note="Members follow the name of the instance after a dot; definitions have no values.",
    ),
]
