"""nadi's reader of Sparkplug payloads beside Google's protobuf: CPU time per message and per metric.

python -m bench.sparkplug_wire

Both make the same tuples of the same bytes. Other work on the machine slows both alike, so they take turns and the
best of many short runs counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ingest.decoders.sparkplug.wire import read_metric, read_payload
from tests.ingest.decoders.sparkplug_encoder import metric, payload
from tests.ingest.decoders.sparkplug_official import Payload

AT = 1_763_769_600_123
ROUNDS = 40
METRICS_A_RUN = 4_000


def message(metrics: int, named: bool) -> bytes:
    """As Tahu's libraries write it: with names and types, or with aliases only."""
    return payload(
        *(
            metric(
                f"Inputs/Sensor {number}/Flow Rate" if named else None,
                "Float" if number % 2 else "Int32",
                number * 1.5 if number % 2 else number,
                alias=None if named else number,
                at=AT,
                typed=1 if named else None,
            )
            for number in range(metrics)
        ),
        at=AT,
        seq=5,
    )


def own(data: bytes) -> list[tuple[object, ...]]:
    read = read_payload(data)
    found: list[tuple[object, ...]] = []
    for begin, end in read.metrics:
        name, alias, timestamp, datatype, silent, _, value, _ = read_metric(data, begin, end, read.moments)
        if not silent:
            found.append((name, alias, timestamp, datatype, value))
    return found


def google(data: bytes) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    for one in Payload.FromString(data).metrics:
        if one.is_null or one.is_transient:
            continue
        name = one.name.encode() if one.HasField("name") else None
        alias = one.alias if one.HasField("alias") else None
        timestamp = one.timestamp if one.HasField("timestamp") else None
        found.append((name, alias, timestamp, one.datatype, getattr(one, one.WhichOneof("value"))))
    return found


def seconds(read: Callable[[bytes], object], data: bytes, times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        read(data)
    return (time.process_time() - began) / times


def main() -> None:
    print("metrics  named by  us a message: own, Google's   us a metric: own, Google's")
    for metrics in (1, 5, 20, 100):
        for named in (False, True):
            data = message(metrics, named)
            if own(data) != google(data):
                raise AssertionError("they read different things")
            times = max(1, METRICS_A_RUN // metrics)
            best = [float("inf"), float("inf")]
            for _ in range(ROUNDS):
                best = [min(b, seconds(read, data, times)) for b, read in zip(best, (own, google), strict=True)]
            ours, theirs = (1e6 * b for b in best)
            by = "name " if named else "alias"
            print(f"{metrics:7}  {by}     {ours:8.2f} {theirs:8.2f}   {ours / metrics:8.2f} {theirs / metrics:8.2f}")


if __name__ == "__main__":
    main()
