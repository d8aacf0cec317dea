"""What holds for every decoder. A format inherits it:

class TestSenmlJson(Conformance):
    format = "senml-json"
    examples = EXAMPLES
"""

from __future__ import annotations

import gc
import math
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.decoders.base import MAX_READINGS, Decoded, Decoder, Message
from ingest.decoders.table import FORMATS, Forgetful, Format, Options
from tests.cpu import at_most
from tests.ingest.decoders.example import ARRIVAL, Example
from tests.ingest.decoders.hostile import BOMBS, NUMBERS, mutated, numbers_replaced

REASONS = frozenset(("json", "schema", "time", "not_finite", "unit", "topic", "too_large"))
LEFT_BEHIND = 1_000_000
"""Bytes that a decoder may hold more of, whatever it is sent."""
LONGEST_DETAIL = 500
"""Characters: a detail travels back to the gateway and into logs."""

_many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow]
)


def sound(decoded: Decoded) -> Decoded:
    """The result, once it is of the shape that `base.py` promises."""
    assert len(decoded.readings) <= MAX_READINGS
    assert len(decoded.refused) <= MAX_READINGS
    for sensor, quantity, value, unit, moment in decoded.readings:
        for name in (sensor, quantity, unit or "", decoded.gateway or ""):
            assert type(name) is str
            name.encode()
        assert type(value) is float
        assert math.isfinite(value)
        assert moment is None or (type(moment) is int and -(2**63) < moment < 2**63)
    assert all(decoded.readings[at][2] in (0.0, 1.0) for at in decoded.booleans)
    assert sorted(set(decoded.booleans)) == decoded.booleans
    for reason, detail in decoded.refused:
        assert reason in REASONS
        assert 0 < len(detail) <= LONGEST_DETAIL
        detail.encode()
    return decoded


def outcome(decoded: Decoded) -> tuple[object, ...]:
    """What two equal decodings have in common."""
    return decoded.readings, decoded.booleans, decoded.refused, decoded.gateway, decoded.labels, decoded.presence


def longer(payload: bytes, number: int) -> bytes:
    """The payload with the first texts in it made long, and others than those of any other number."""
    more = b"%d" % number + b"y" * 5_000
    return re.sub(rb'"([A-Za-z_]{1,30})"', rb'"\g<1>' + more + b'"', payload, count=1 + number % 3)


def grown(decoder: Decoder, messages: Iterable[Message]) -> int:
    """Bytes that a decoder holds more after these messages than after the first of them."""
    rest = iter(messages)
    decoder.decode(next(rest))
    tracemalloc.start()
    try:
        for message in rest:
            decoder.decode(message)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


class Conformance:
    format: ClassVar[str]
    examples: ClassVar[list[Example]]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "example" in metafunc.fixturenames:
            metafunc.parametrize("example", self.examples, ids=lambda example: example.name)
        if "bomb" in metafunc.fixturenames:
            metafunc.parametrize("bomb", BOMBS)

    @property
    def line(self) -> Format:
        return FORMATS[self.format]

    def made(self, options: Options | None = None, memory: Forgetful | None = None) -> Decoder:
        """A decoder as the first example wants it, with a memory of its own."""
        options = options or self.examples[0].options
        return self.line.make(replace(options, memory=memory or Forgetful()))

    def topics(self) -> list[str]:
        return sorted({topic for example in self.examples for topic, _ in example.messages})

    def payloads(self) -> list[bytes]:
        return [payload for example in self.examples for _, payload in example.messages]

    def test_an_example_gives_what_its_source_says(self, example: Example) -> None:
        decoder = self.made(example.options)
        results = [sound(decoder.decode(message)) for message in example.delivered()]
        assert [reading for result in results for reading in result.readings] == list(example.readings)
        assert [refused.reason for result in results for refused in result.refused] == list(example.refused)

    def test_an_example_looks_like_its_format(self, example: Example) -> None:
        if not example.refused:
            assert all(self.line.looks_like(message) for message in example.delivered())

    def test_an_example_gives_the_same_each_time(self, example: Example) -> None:
        first, second = self.made(example.options), self.made(example.options)
        for message in example.delivered():
            assert outcome(first.decode(message)) == outcome(second.decode(message))

    def test_a_message_delivered_again_gives_the_same_readings(self, example: Example) -> None:
        decoder = self.made(example.options)
        for message in example.delivered():
            assert decoder.decode(message).readings == decoder.decode(message).readings

    def test_a_restart_between_two_messages_is_not_noticed(self, example: Example) -> None:
        for cut in range(len(example.messages)):
            memory, unbroken = Forgetful(), self.made(example.options)
            decoder = self.made(example.options, memory)
            for index, message in enumerate(example.delivered()):
                if index == cut:
                    decoder = self.made(example.options, memory)
                assert outcome(decoder.decode(message)) == outcome(unbroken.decode(message))

    def test_a_bomb_is_over_within_a_second(self, bomb: str) -> None:
        for topic in self.topics():
            decoder, message = self.made(), Message(topic, BOMBS[bomb], ARRIVAL)
            with at_most(1.0, topic):
                decoded = decoder.decode(message)
                self.line.looks_like(message)
            sound(decoded)

    def test_long_names_leave_nothing(self) -> None:
        assert grown(self.made(), self.with_long_names()) < LEFT_BEHIND

    def with_long_names(self) -> Iterator[Message]:
        """The examples, again and again, each time with another long level in the topic or long keys in the payload."""
        for number in range(40):
            for example in self.examples:
                for topic, payload in example.messages:
                    levels = topic.split("/")
                    at = number % len(levels)
                    long = "/".join([*levels[:at], f"{levels[at]}{number}{'x' * 20_000}", *levels[at + 1 :]])
                    yield Message(long, payload, example.arrival)
                    yield Message(topic, longer(payload, number), example.arrival)

    def test_no_number_does_harm(self, example: Example) -> None:
        for topic, payload in example.messages:
            for by in NUMBERS:
                for changed in numbers_replaced(payload, by):
                    sound(self.made(example.options).decode(Message(topic, changed, example.arrival)))

    @given(payload=st.binary(max_size=300), topic=st.text(max_size=40), data=st.data())
    @_many
    def test_any_bytes_are_read_or_refused(self, payload: bytes, topic: str, data: st.DataObject) -> None:
        decoder = self.made()
        for place in (topic, data.draw(st.sampled_from(self.topics()))):
            message = Message(place, payload, ARRIVAL)
            sound(decoder.decode(message))
            self.line.looks_like(message)

    @given(seed=st.integers(0, 2**32), steps=st.integers(1, 6), data=st.data())
    @_many
    def test_a_damaged_example_is_read_or_refused(self, seed: int, steps: int, data: st.DataObject) -> None:
        example = data.draw(st.sampled_from(self.examples))
        decoder = self.made(example.options)
        for message in example.delivered():
            decoder.decode(message)
        for step in range(8):
            payload = mutated(self.payloads(), seed * 8 + step, steps)
            message = Message(data.draw(st.sampled_from(self.topics())), payload, ARRIVAL)
            sound(decoder.decode(message))
            self.line.looks_like(message)
        for message in example.delivered():
            sound(decoder.decode(message))
