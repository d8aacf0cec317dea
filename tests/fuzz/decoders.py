"""Fuzz target `decoders`: whatever comes under whatever format is read or refused, and again the same way.

The first byte chooses the format, the second the topic (of the format's examples), the rest is the payload.
The decoder has read its first example before, so that those that remember have something to remember.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ingest.decoders.base import Message
from ingest.decoders.table import FORMATS, Forgetful
from tests.ingest.decoders.conformance import sound
from tests.ingest.decoders.example import ARRIVAL, Example
from tests.ingest.decoders.pages import examples

NAMES = sorted(FORMATS)


@cache
def first_and_topics(name: str) -> tuple[Example, list[str]]:
    shown = examples(name)
    return shown[0], sorted({topic for example in shown for topic, _ in example.messages} | {""})


def check(data: bytes) -> None:
    """Raises AssertionError where a result is not of the promised shape, or whatever a decoder raises."""
    if len(data) < 2:
        return
    name = NAMES[data[0] % len(NAMES)]
    first, topics = first_and_topics(name)
    decoder = FORMATS[name].make(replace(first.options, memory=Forgetful()))
    for message in first.delivered():
        decoder.decode(message)
    message = Message(topics[data[1] % len(topics)], data[2:], ARRIVAL)
    FORMATS[name].looks_like(message)
    once, again = sound(decoder.decode(message)), sound(decoder.decode(message))
    assert once.readings == again.readings, f"{name}, {message.topic!r}, {message.payload!r}"


def seeds() -> list[bytes]:
    """The examples as inputs, for a corpus that is to be made anew."""
    found = []
    for number, name in enumerate(NAMES):
        _, topics = first_and_topics(name)
        for example in examples(name):
            found += [bytes((number, topics.index(topic))) + payload for topic, payload in example.messages]
    return found
