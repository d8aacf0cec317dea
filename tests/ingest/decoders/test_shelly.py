from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.shelly import EXAMPLES


class TestShelly(Conformance):
    format = "shelly"
    examples = EXAMPLES
