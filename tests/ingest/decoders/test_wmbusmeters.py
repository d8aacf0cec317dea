from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.wmbusmeters import EXAMPLES


class TestWmbusmeters(Conformance):
    format = "wmbusmeters"
    examples = EXAMPLES
