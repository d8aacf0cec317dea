"""The process that atheris (libFuzzer) takes over: `python -m tests.fuzz.engine TARGET FOLDER… -options`.

Only what is fuzzed is instrumented: coverage of numpy or of the harness would only cost time.
"""

from __future__ import annotations

import random
import sys

import atheris

with atheris.instrument_imports(
    include=["ingest", "telemetry.series", "telemetry.time", "telemetry.units"], enable_loader_override=False
):
    from tests.fuzz.messages import mutate
    from tests.fuzz.targets import TARGETS


def _mutate(data: bytes, size: int, seed: int) -> bytes:
    draw = random.Random(seed)
    if draw.random() < 0.5 and (made := mutate(data, draw)) is not None and len(made) <= size:
        return made
    mutated: bytes = atheris.Mutate(data, size)
    return mutated


def main(arguments: list[str]) -> None:
    """Never returns: libFuzzer ends the process."""
    target, *rest = arguments
    more = {"custom_mutator": _mutate} if target == "payload" else {}
    # A merge runs the program again by the first argument, as a shell would.
    atheris.Setup([f"{sys.executable} -m tests.fuzz.engine {target}", *rest], TARGETS[target], **more)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1:])
