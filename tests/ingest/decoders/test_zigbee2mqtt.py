from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.zigbee2mqtt import EXAMPLES


class TestZigbee2mqtt(Conformance):
    format = "zigbee2mqtt"
    examples = EXAMPLES
