from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.sensorthings import EXAMPLES


class TestSensorThings(Conformance):
    format = "sensorthings"
    examples = EXAMPLES
