"""What quality control says of sensors that are faulty."""

from __future__ import annotations

from typing import Final, Literal

SENTENCES: Final[dict[str, dict[Literal["id", "en"], str]]] = {
    "fault.fails": {
        "id": "{quantity} {device} berulang kali di luar rentang ukur sensor: {value}.",
        "en": "{quantity} of {device} is outside what the sensor can measure, again and again: {value}.",
    },
    "fault.flat": {
        "id": "{quantity} {device} macet pada {value}.",
        "en": "{quantity} of {device} is stuck at {value}.",
    },
    "fault.spikes": {
        "id": "{quantity} {device} berulang kali meloncat sesaat: sensor diragukan.",
        "en": "{quantity} of {device} leaps for single readings, again and again: the sensor is doubtful.",
    },
    "fault.noise": {
        "id": "{quantity} {device} jauh lebih berderau daripada biasanya: sensor diragukan.",
        "en": "{quantity} of {device} is far noisier than usual: the sensor is doubtful.",
    },
    "fault.neighbours": {
        "id": "{quantity} {device} tidak sesuai lagi dengan sensor di sekitarnya: {value}.",
        "en": "{quantity} of {device} no longer agrees with the sensors around it: {value}.",
    },
    "fault.attenuated": {
        "id": "{quantity} {device} hampir tidak bergerak lagi: sensor diragukan.",
        "en": "{quantity} of {device} hardly moves any more: the sensor is doubtful.",
    },
    "fault.over": {
        "id": "{quantity} {device} wajar kembali: {value}.",
        "en": "{quantity} of {device} is sound again: {value}.",
    },
}
