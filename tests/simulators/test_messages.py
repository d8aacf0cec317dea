"""The load generator's packets, read back by an independent codec."""

import json
from typing import Any

import mqtt5
import numpy as np
import pytest

from simulators.messages import Messages, Shape, names, quantities, value_at
from simulators.timeline import Timeline

START = 1_763_683_200_000


def publish(shape: Shape, count: int, interval: float = 10_000) -> list[mqtt5.PublishPacket]:
    """The first `count` messages, as mqtt5 reads them."""
    messages = Messages(shape)
    timeline = Timeline(START, interval, shape.devices, shape.pack)
    data = bytearray()
    while messages.count < count:
        run = messages.run(min(count - messages.count, 700))
        data += messages.make(timeline.times(*messages.place(run)))
    assert len(data) == count * messages.size
    packets = []
    for at in range(0, len(data), messages.size):
        packet, size = mqtt5.read(memoryview(data)[at : at + messages.size])
        assert size == messages.size
        assert isinstance(packet, mqtt5.PublishPacket)
        packets.append(packet)
    return packets


def payload(packet: mqtt5.PublishPacket) -> Any:
    return json.loads(packet.payload)


def test_each_device_sends_in_turn_at_its_own_moment() -> None:
    packets = publish(Shape(devices=1500), 3500)
    for number in (0, 1, 1499, 1500, 3499):
        device, round_ = number % 1500, number // 1500
        domain = names(device)[1]
        assert packets[number].topic == "nadi/v1/" + "/".join(names(device))
        assert payload(packets[number]) == {
            "ts": START + round_ * 10_000 + device * 10_000 // 1500,
            "values": {quantities(domain, 1)[0]: value_at(device, round_, 0) / 100},
        }


def test_packet_ids_run_from_1_to_65535_and_begin_again() -> None:
    ids = [packet.packet_id for packet in publish(Shape(devices=3), 65_540)]
    assert ids[:2] == [1, 2]
    assert ids[65_534:65_537] == [65_535, 1, 2]


def test_few_devices_get_distinct_increasing_times() -> None:
    times = [
        payload(packet)["ts"] for packet in publish(Shape(devices=2), 3000, interval=1.5) if packet.topic[-1] == "0"
    ]
    assert len(times) == 1500
    assert min(np.diff(times)) >= 1


@pytest.mark.parametrize("pack", [2, 10])
def test_a_pack_is_an_array_of_successive_readings(pack: int) -> None:
    packets = publish(Shape(devices=4, pack=pack, values=2), 12)
    second = payload(packets[4])  # device 0 again
    assert [item["ts"] for item in second] == [START + (pack + at) * 10_000 for at in range(pack)]
    assert [list(item["values"]) for item in second] == [["flow", "pressure"]] * pack
    assert second[1]["values"]["pressure"] == value_at(0, pack + 1, 1) / 100


def test_more_values_than_a_domain_has_names_for() -> None:
    (packet,) = publish(Shape(devices=1, values=9), 1)
    assert len(payload(packet)["values"]) == 9


def test_every_gateway_counts_its_messages_without_a_gap() -> None:
    seen: dict[str, list[int]] = {}
    for packet in publish(Shape(devices=5, gateways=2, first_gateway=7, first_seq=98), 40):
        message = payload(packet)
        seen.setdefault(message["gw"], []).append(message["seq"])
    assert seen == {"g0007": list(range(98, 98 + 24)), "g0008": list(range(98, 98 + 16))}


def test_qos_0_has_no_packet_id() -> None:
    (packet,) = publish(Shape(devices=1, qos=0), 1)
    assert packet.packet_id is None
    assert packet.qos == mqtt5.QoS.AT_MOST_ONCE
