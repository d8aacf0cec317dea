from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.ultralight import EXAMPLES


class TestUltralight(Conformance):
    format = "ultralight"
    examples = EXAMPLES
