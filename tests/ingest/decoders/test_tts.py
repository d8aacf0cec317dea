from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.tts import EXAMPLES


class TestTts(Conformance):
    format = "tts"
    examples = EXAMPLES
