"""Microseconds of CPU that the decoders of other formats take, alone, for their published examples.

    python -m bench.formats

Per message of the examples in which nothing is refused, and per reading in them. What follows, mapping and columns,
is the same for all formats. Formats take turns, and the best of many rounds counts.
"""

from __future__ import annotations

import time
from dataclasses import replace

from ingest.decoders.base import Decoder, Message
from ingest.decoders.table import FORMATS, Forgetful
from tests.ingest.decoders.pages import examples

ROUNDS = 30
MESSAGES_A_ROUND = 1_000


def prepared(name: str) -> tuple[list[tuple[Decoder, list[Message]]], int]:
    """Each example with a decoder that has read it before, and the readings in all of them."""
    pairs, readings = [], 0
    for example in examples(name):
        if example.refused or not example.readings:
            continue
        decoder = FORMATS[name].make(replace(example.options, memory=Forgetful()))
        readings += sum(len(decoder.decode(message).readings) for message in example.delivered())
        pairs.append((decoder, example.delivered()))
    return pairs, readings


def once(pairs: list[tuple[Decoder, list[Message]]], times: int) -> float:
    """CPU seconds for reading the examples so many times."""
    began = time.process_time()
    for _ in range(times):
        for decoder, messages in pairs:
            for message in messages:
                decoder.decode(message)
    return time.process_time() - began


def run() -> dict[str, dict[str, float]]:
    ready = {name: prepared(name) for name in FORMATS}
    counts = {name: sum(len(messages) for _, messages in pairs) for name, (pairs, _) in ready.items()}
    best = dict.fromkeys(FORMATS, float("inf"))
    for _ in range(ROUNDS):
        for name, (pairs, _) in ready.items():
            times = MESSAGES_A_ROUND // counts[name] + 1
            best[name] = min(best[name], once(pairs, times) / times)
    return {
        name: {"us/message": best[name] / counts[name] * 1e6, "us/reading": best[name] / readings * 1e6}
        for name, (_, readings) in ready.items()
    }


if __name__ == "__main__":
    for name, costs in run().items():
        print(f"{name:12} {costs['us/message']:7.2f} us a message {costs['us/reading']:7.2f} us a reading")
