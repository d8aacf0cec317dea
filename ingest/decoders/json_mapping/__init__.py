"""JSON that follows no standard, read by a mapping. What one may say: `model`, docs/mapping.schema.json."""

from __future__ import annotations

from ingest.decoders.base import Message
from ingest.decoders.json_mapping.decoder import JsonMapping
from ingest.decoders.json_mapping.model import MappingFault

__all__ = ["JsonMapping", "MappingFault", "looks_like"]


_SHORT = 64


def looks_like(message: Message) -> bool:
    """Whether it may be JSON at all, or a word; what it means only a mapping can say."""
    payload = message.payload.strip()
    return payload[:1] in (b"{", b"[") or (
        0 < len(payload) <= _SHORT and payload.isascii() and payload.decode().isprintable()
    )
