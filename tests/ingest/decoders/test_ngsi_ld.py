from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.ngsi_ld import EXAMPLES


class TestNgsiLd(Conformance):
    format = "ngsi-ld"
    examples = EXAMPLES
