from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.tasmota import EXAMPLES


class TestTasmota(Conformance):
    format = "tasmota"
    examples = EXAMPLES
