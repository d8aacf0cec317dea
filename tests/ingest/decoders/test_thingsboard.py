from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.thingsboard import EXAMPLES


class TestThingsboard(Conformance):
    format = "thingsboard"
    examples = EXAMPLES
