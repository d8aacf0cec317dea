"""CONNECT, CONNACK and the counting of PUBACKs."""

import mqtt5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.packets import Acks, connect, count_acks, read_connack
from telemetry.errors import BrokerError


def written(packet: mqtt5.ConnAckPacket | mqtt5.PubAckPacket) -> bytes:
    return bytes(packet.write())


def test_connect_is_what_the_codec_reads() -> None:
    packet, _ = mqtt5.read(memoryview(connect("load-1", "5", "gateway", "s3cret")))
    assert isinstance(packet, mqtt5.ConnectPacket)
    assert (packet.client_id, packet.username, packet.password) == ("load-1", "gateway", b"s3cret")
    assert packet.clean_start
    assert packet.keep_alive == 0


def test_connack_tells_the_receive_maximum() -> None:
    packet = mqtt5.ConnAckPacket(
        assigned_client_id="x" * 200, receive_max=20, server_keep_alive=30, user_properties=[("a", "b")]
    )
    assert read_connack(written(packet), "5").receive_maximum == 20
    assert read_connack(b"\x20\x02\x00\x00", "3.1.1").receive_maximum == 65_535


@pytest.mark.parametrize(
    ("packet", "protocol", "words"),
    [
        (b"\x20\x02\x00\x04", "3.1.1", "bad user name or password"),
        (written(mqtt5.ConnAckPacket(reason_code=mqtt5.ConnAckReasonCode.NOT_AUTHORIZED)), "5", "not authorised"),
        (b"HTTP/1.1 400", "5", "no CONNACK"),
    ],
)
def test_a_refusal_is_told_in_words(packet: bytes, protocol: str, words: str) -> None:
    with pytest.raises(BrokerError, match=words):
        read_connack(packet, "5" if protocol == "5" else "3.1.1")


ACKS = st.lists(
    st.sampled_from([0, 16, 0x87])
    .map(lambda code: mqtt5.PubAckReasonCode(code))
    .flatmap(lambda code: st.integers(1, 65_535).map(lambda number: (code, number))),
    max_size=60,
)


@given(ACKS, st.data())
def test_pubacks_are_counted_however_the_stream_is_cut(
    acks: list[tuple[mqtt5.PubAckReasonCode, int]], data: st.DataObject
) -> None:
    stream = b"".join(written(mqtt5.PubAckPacket(number, reason_code=code)) for code, number in acks) + b"\xd0\x00"
    cut = data.draw(st.integers(0, len(stream)))
    seen = Acks()
    used = count_acks(stream[:cut], seen)
    assert used <= cut
    assert count_acks(stream[used:], seen) == len(stream) - used
    refused = sum(code == mqtt5.PubAckReasonCode.NOT_AUTHORIZED for code, _ in acks)
    assert (seen.accepted, seen.refused) == (len(acks) - refused, refused)


def test_the_brokers_parting_words_are_kept() -> None:
    seen = Acks()
    count_acks(b"\x40\x02\x00\x01" + b"\xe0\x02\x93\x00", seen)
    assert (seen.accepted, seen.closing) == (1, 0x93)
