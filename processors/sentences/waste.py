"""What the waste analytics say. Numbers come with their unit."""

from __future__ import annotations

from typing import Final, Literal

SENTENCES: Final[dict[str, dict[Literal["id", "en"], str]]] = {
    "fire.hot": {
        "id": "Kebakaran di tempat sampah {device}: suhu {value}.",
        "en": "Fire in the bin {device}: it is at {value}.",
    },
    "fire.rising": {
        "id": "Kebakaran di tempat sampah {device}: suhu {value}, naik {rise} dalam {minutes} menit.",
        "en": "Fire in the bin {device}: it is at {value}, and rose by {rise} in {minutes} minutes.",
    },
    "fire.out": {
        "id": "Tempat sampah {device} dingin kembali: {value}.",
        "en": "The bin {device} has cooled down: {value}.",
    },
    "tilt.down": {
        "id": "Tempat sampah {device} terguling: miring {value}.",
        "en": "The bin {device} was knocked over: it leans by {value}.",
    },
    "tilt.up": {
        "id": "Tempat sampah {device} tegak kembali.",
        "en": "The bin {device} stands upright again.",
    },
    "fill.full": {
        "id": "Tempat sampah {device} penuh: {value}.",
        "en": "The bin {device} is full: {value}.",
    },
    "fill.fits": {
        "id": "Tempat sampah {device} tidak penuh lagi: {value}.",
        "en": "The bin {device} is full no longer: {value}.",
    },
    "rounds.missed": {
        "id": "Tempat sampah {device} sudah {lasting} belum diangkut, dan terisi {value}.",
        "en": "The bin {device} has not been collected for {lasting}, and is filled to {value}.",
    },
    "rounds.made": {
        "id": "Tempat sampah {device} sudah diangkut.",
        "en": "The bin {device} has been collected.",
    },
}
