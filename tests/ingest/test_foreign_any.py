"""Damaged messages of every format through the whole of ingest: all is accounted for, and every name is fit."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.settings import DecoderSettings
from ingest.admission import name_fault
from ingest.decoders.table import FORMATS
from ingest.scanner import Scanner
from telemetry.time import YEAR_2000
from tests.ingest.decoders.example import Example
from tests.ingest.decoders.hostile import mutated
from tests.ingest.decoders.pages import examples
from tests.ingest.kit import NOW, publish, scanner

MAX_FUTURE = 120_000
REASONS = {"json", "schema", "time", "future", "not_finite", "unit", "topic", "too_large", "series_limit"}


@cache
def shown(form: str) -> list[Example]:
    mapping = examples(form)[0].options.mapping
    return [each for each in examples(form) if each.options.mapping == mapping]


def made(form: str) -> Scanner:
    topics = sorted({topic for example in shown(form) for topic, _ in example.messages if topic})
    told = {"format": form, "topics": topics, "city": "3578", "domain": "water", "zone": "{application}-{2}"}
    rule = DecoderSettings.model_validate(told | {"mapping": shown(form)[0].options.mapping})
    return scanner(decoders=[rule], max_future=MAX_FUTURE, max_series=200)


@pytest.mark.parametrize("form", FORMATS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_anything_is_taken_or_refused(form: str, data: st.DataObject) -> None:
    one = made(form)
    table = one.devices.table
    for _ in range(3):
        topic, payload = data.draw(st.sampled_from([message for each in shown(form) for message in each.messages]))
        steps = data.draw(st.integers(0, 4))
        payload = mutated([payload], data.draw(st.integers(0, 2**32)), steps) if steps else payload
        packet = publish(payload, topic or "x")
        scanned = one.scan(packet, NOW)
        assert scanned.error is None
        assert (scanned.consumed, scanned.messages) == (len(packet), 1)
        readings = scanned.readings
        assert np.isfinite(readings.value).all()
        assert ((readings.time >= YEAR_2000) & (readings.time <= NOW + MAX_FUTURE)).all()
        assert {refusal.reason for refusal in scanned.refusals} <= REASONS
        assert all(refusal.payload == payload for refusal in scanned.refusals)
    for identity in filter(None, table.identities):
        assert not any(map(name_fault, identity))
        assert not set("/+#") & set(identity.device + identity.zone)
