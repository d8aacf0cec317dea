"""Sparkplug B: what its examples give, and what a node's life does to what is known of it."""

from __future__ import annotations

from tests.ingest.decoders.conformance import Conformance
from tests.ingest.decoders.examples.sparkplug import EXAMPLES


class TestSparkplug(Conformance):
    format = "sparkplug"
    examples = EXAMPLES
