from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.chirpstack import EXAMPLES


class TestChirpstack(Conformance):
    format = "chirpstack"
    examples = EXAMPLES
