"""What the energy analytics say. Numbers come with their unit."""

from __future__ import annotations

from typing import Final, Literal

SENTENCES: Final[dict[str, dict[Literal["id", "en"], str]]] = {
    "voltage.low": {
        "id": "Tegangan {device} rata-rata {span} {voltage}, di bawah {limit}.",
        "en": "The voltage of {device} was {voltage} on average over {span}, below {limit}.",
    },
    "voltage.high": {
        "id": "Tegangan {device} rata-rata {span} {voltage}, di atas {limit}.",
        "en": "The voltage of {device} was {voltage} on average over {span}, above {limit}.",
    },
    "voltage.ended": {
        "id": "Tegangan {device} kembali normal: {voltage}.",
        "en": "The voltage of {device} is normal again: {voltage}.",
    },
    "sags.sag": {
        "id": "Kedip tegangan di {device}: turun sampai {voltage} selama {seconds} detik.",
        "en": "A voltage sag at {device}: down to {voltage} for {seconds} s.",
    },
    "sags.swell": {
        "id": "Lonjakan tegangan di {device}: naik sampai {voltage} selama {seconds} detik.",
        "en": "A voltage swell at {device}: up to {voltage} for {seconds} s.",
    },
    "sags.interruption": {
        "id": "Tegangan di {device} terputus: {voltage} selama {seconds} detik.",
        "en": "The voltage at {device} was interrupted: {voltage} for {seconds} s.",
    },
    "frequency.low": {
        "id": "Frekuensi jaringan {frequency} (di {device}), di bawah {limit}.",
        "en": "The grid's frequency is {frequency} (at {device}), below {limit}.",
    },
    "frequency.high": {
        "id": "Frekuensi jaringan {frequency} (di {device}), di atas {limit}.",
        "en": "The grid's frequency is {frequency} (at {device}), above {limit}.",
    },
    "frequency.ended": {
        "id": "Frekuensi jaringan kembali normal: {frequency} (di {device}).",
        "en": "The grid's frequency is normal again: {frequency} (at {device}).",
    },
    "outage.dark": {
        "id": "Listrik padam di {device}.",
        "en": "{device} is without supply.",
    },
    "outage.ended": {
        "id": "Listrik di {device} menyala lagi setelah {lasting}.",
        "en": "Supply at {device} is back after {lasting}.",
    },
    "unbalance.above": {
        "id": "Tegangan ketiga fasa {device} tidak seimbang: {factor} % rata-rata {span}, di atas {limit} %.",
        "en": "The three phases of {device} are unbalanced: {factor} % on average over {span}, above {limit} %.",
    },
    "unbalance.ended": {
        "id": "Tegangan ketiga fasa {device} seimbang lagi: {factor} %.",
        "en": "The three phases of {device} are balanced again: {factor} %.",
    },
    "overload.above": {
        "id": "Beban {device} {load}, {share} % dari batasnya {limit}.",
        "en": "The load of {device} is {load}, {share} % of its limit of {limit}.",
    },
    "overload.ended": {
        "id": "Beban {device} kembali wajar: {load}.",
        "en": "The load of {device} is normal again: {load}.",
    },
    "meters.backwards": {
        "id": "Meter {device} mundur dari {before} ke {value}.",
        "en": "The meter of {device} ran backwards from {before} to {value}.",
    },
    "meters.jump": {
        "id": "Meter {device} melompat dari {before} ke {value}.",
        "en": "The meter of {device} jumped from {before} to {value}.",
    },
    "meters.sane": {
        "id": "Meter {device} menghitung wajar lagi: {value}.",
        "en": "The meter of {device} counts sanely again: {value}.",
    },
    "consumption.above": {
        "id": "{device} memakai {energy} sehari, jauh di atas {usual} yang biasa pada hari yang sama tiap minggu.",
        "en": "{device} used {energy} in a day, far above the {usual} that are usual on this weekday.",
    },
    "consumption.below": {
        "id": "{device} memakai {energy} sehari, jauh di bawah {usual} yang biasa pada hari yang sama tiap minggu.",
        "en": "{device} used {energy} in a day, far below the {usual} that are usual on this weekday.",
    },
    "consumption.ended": {
        "id": "Pemakaian {device} kembali wajar: {energy} sehari.",
        "en": "The consumption of {device} is as usual again: {energy} a day.",
    },
    "tamper.fallen": {
        "id": "Meter {device} hanya menghitung {share} % dari biasanya, sedangkan rumah lain tidak: periksa meternya.",
        "en": "The meter of {device} counts only {share} % of what is usual, while other homes do not: inspect it.",
    },
    "tamper.ended": {
        "id": "Meter {device} menghitung seperti biasa lagi.",
        "en": "The meter of {device} counts as usual again.",
    },
}
