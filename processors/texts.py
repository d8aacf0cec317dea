"""Every sentence that processors write for people, in Indonesian (`id`) and English (`en`)."""

from __future__ import annotations

import math
from typing import Final, Literal

from processors.sentences import disaster, energy, quality, waste, water
from telemetry.units import canonical_unit

Language = Literal["id", "en"]

SENTENCES: Final[dict[str, dict[Language, str]]] = {
    "limits.above": {
        "id": "{quantity} {value} melampaui batas atas {limit}.",
        "en": "{quantity} of {value} is above the upper limit of {limit}.",
    },
    "limits.far_above": {
        "id": "{quantity} {value} jauh melampaui batas atas {limit}.",
        "en": "{quantity} of {value} is far above the upper limit of {limit}.",
    },
    "limits.below": {
        "id": "{quantity} {value} di bawah batas bawah {limit}.",
        "en": "{quantity} of {value} is below the lower limit of {limit}.",
    },
    "limits.far_below": {
        "id": "{quantity} {value} jauh di bawah batas bawah {limit}.",
        "en": "{quantity} of {value} is far below the lower limit of {limit}.",
    },
    "profile.above": {
        "id": "{quantity} {value} lebih tinggi daripada biasanya pada jam ini: sekitar {baseline}, sampai {limit}.",
        "en": "{quantity} of {value} is higher than is usual at this hour: about {baseline}, and up to {limit}.",
    },
    "profile.below": {
        "id": "{quantity} {value} lebih rendah daripada biasanya pada jam ini: sekitar {baseline}, serendah {limit}.",
        "en": "{quantity} of {value} is lower than is usual at this hour: about {baseline}, and down to {limit}.",
    },
    "point.above": {
        "id": "{quantity} naik ke {value}: pembacaan terakhir sekitar {baseline}, dan sampai {limit} masih wajar.",
        "en": "{quantity} rose to {value}: recent readings lay around {baseline}, and up to {limit} would be usual.",
    },
    "point.below": {
        "id": "{quantity} turun ke {value}: pembacaan terakhir sekitar {baseline}, dan serendah {limit} masih wajar.",
        "en": "{quantity} fell to {value}: recent readings lay around {baseline}, and down to {limit} would be usual.",
    },
    "shift.above": {
        "id": "{quantity} bertahan lebih tinggi: kini sekitar {recent}, sebelumnya sekitar {baseline}.",
        "en": "{quantity} has moved up and stays there: now about {recent}, before about {baseline}.",
    },
    "shift.below": {
        "id": "{quantity} bertahan lebih rendah: kini sekitar {recent}, sebelumnya sekitar {baseline}.",
        "en": "{quantity} has moved down and stays there: now about {recent}, before about {baseline}.",
    },
    "volatility.above": {
        "id": "{quantity} lebih bergejolak: berubah sekitar {recent} tiap pembacaan, biasanya {baseline}.",
        "en": "{quantity} is more restless than usual: it changes by about {recent} a reading, usually by {baseline}.",
    },
    "unusual.ended": {
        "id": "{quantity} kembali wajar: {value}.",
        "en": "{quantity} is as usual again: {value}.",
    },
    "volatility.below": {
        "id": "{quantity} hampir tidak berubah lagi: sekitar {recent} tiap pembacaan, biasanya {baseline}.",
        "en": "{quantity} hardly changes any more: by about {recent} a reading, usually by {baseline}.",
    },
    "incidents.at": {
        "id": "Di {device}: {reason}",
        "en": "At {device}: {reason}",
    },
    "incidents.members": {
        "id": "{reason} ({count} sensor)",
        "en": "{reason} ({count} sensors)",
    },
    "incidents.last_known": {
        "id": "Terakhir diketahui: {reason} Sejak itu tidak ada kabar lagi dari sensornya.",
        "en": "Last known: {reason} Nothing has been heard of its sensor since.",
    },
    "incidents.forgotten": {
        "id": "Analisisnya mulai dari awal; terakhir diketahui: {reason}",
        "en": "Its analysis began anew; last known: {reason}",
    },
    "incidents.as_before": {
        "id": "Sensornya kembali, dan belum terbukti usai: {reason}",
        "en": "Its sensor is back, and nothing says that it is over: {reason}",
    },
    "incidents.merged": {
        "id": "Bagian dari insiden {incident}.",
        "en": "Part of the incident {incident}.",
    },
    "incidents.flood": {
        "id": "Banjir alarm: {count} insiden ditahan sampai keadaan mereda; yang menyangkut keselamatan jiwa tidak.",
        "en": "A flood of alarms: {count} incidents are held back until it calms down; those of life safety are not.",
    },
    "silence.series": {
        "id": "Tidak ada data {quantity} dari {device} selama {lasting}.",
        "en": "No {quantity} data from {device} for {lasting}.",
    },
    "silence.device_offline": {
        "id": "{device} menyatakan diri terputus; {quantity} tidak diperbarui lagi.",
        "en": "{device} said that it is offline; its {quantity} is not renewed.",
    },
    "silence.gateway_offline": {
        "id": "Gateway {gateway} terputus.",
        "en": "Gateway {gateway} is offline.",
    },
    "silence.gateway_silent": {
        "id": "Gateway {gateway} diam: {silent} dari {total} sensornya tidak mengirim data.",
        "en": "Gateway {gateway} is silent: {silent} of its {total} sensors send nothing.",
    },
    **disaster.SENTENCES,
    **quality.SENTENCES,
    **energy.SENTENCES,
    **waste.SENTENCES,
    **water.SENTENCES,
}

QUANTITIES: Final[dict[str, dict[Language, str]]] = {
    "flow": {"id": "Debit", "en": "Flow"},
    "pressure": {"id": "Tekanan", "en": "Pressure"},
    "level": {"id": "Muka air", "en": "Water level"},
    "volume": {"id": "Volume", "en": "Volume"},
    "turbidity": {"id": "Kekeruhan", "en": "Turbidity"},
    "ph": {"id": "pH", "en": "pH"},
    "chlorine": {"id": "Sisa klor", "en": "Free chlorine"},
    "temperature": {"id": "Suhu", "en": "Temperature"},
    "power": {"id": "Daya", "en": "Power"},
    "energy": {"id": "Energi", "en": "Energy"},
    "voltage": {"id": "Tegangan", "en": "Voltage"},
    "current": {"id": "Arus", "en": "Current"},
    "frequency": {"id": "Frekuensi", "en": "Frequency"},
    "power_factor": {"id": "Faktor daya", "en": "Power factor"},
    "thd": {"id": "Distorsi harmonik", "en": "Harmonic distortion"},
    "fill": {"id": "Keterisian", "en": "Fill"},
    "weight": {"id": "Berat", "en": "Weight"},
    "tilt": {"id": "Kemiringan", "en": "Tilt"},
    "river_level": {"id": "Muka air sungai", "en": "River level"},
    "rainfall": {"id": "Curah hujan", "en": "Rainfall"},
    "pga": {"id": "Percepatan tanah", "en": "Ground acceleration"},
    "displacement": {"id": "Pergeseran", "en": "Displacement"},
    "soil_moisture": {"id": "Kelembapan tanah", "en": "Soil moisture"},
    "pm25": {"id": "PM2.5", "en": "PM2.5"},
    "pm10": {"id": "PM10", "en": "PM10"},
    "tide": {"id": "Pasang surut", "en": "Tide"},
}

PHASES: Final[dict[str, dict[Language, str]]] = {
    f"{quantity}_{phase.lower()}": {
        "id": f"{QUANTITIES[quantity]['id']} fasa {phase}",
        "en": f"Phase {phase} {QUANTITIES[quantity]['en'].lower()}",
    }
    for quantity in ("voltage", "current", "power")
    for phase in "ABC"
}
"""Of one phase: no unit is known to be theirs."""

A_VALUE: Final[dict[Language, str]] = {"id": "Nilai", "en": "Value"}
"""Of a series of which nothing is known."""

PER_HOUR: Final[dict[Language, str]] = {"id": " per jam", "en": " per hour"}
"""Of a counter's increase."""

SYMBOLS: Final = {
    "1": "",
    "pH": "",
    "degC": "°C",
    "deg": "°",
    "m3": "m³",
    "cm/s2": "cm/s²",
    "ug/m3": "µg/m³",
}
"""How a canonical unit is shown, where not as it is kept."""


SPANS: Final[dict[int, dict[Language, tuple[str, str]]]] = {
    86_400_000: {"id": ("hari", "hari"), "en": ("day", "days")},
    3_600_000: {"id": ("jam", "jam"), "en": ("hour", "hours")},
    60_000: {"id": ("menit", "menit"), "en": ("minute", "minutes")},
}
"""ms, from the longest: one and several of it."""

SECONDS: Final[dict[Language, tuple[str, str]]] = {"id": ("detik", "detik"), "en": ("second", "seconds")}

_NOTHING: Final = 1e-4
"""Of a known unit, less than any sensor of a city tells: what rounding leaves of 0."""


def say(sentence: str, language: Language, **words: str) -> str:
    """One of SENTENCES with its gaps filled. Raises KeyError for what is not in the catalogue."""
    return SENTENCES[sentence][language].format(**words)


def quantity_name(quantity: str, language: Language) -> str:
    """What people call a quantity; one that is not canonical keeps its own name."""
    names = QUANTITIES.get(quantity) or PHASES.get(quantity)
    return names[language] if names else quantity


def quantity_within(quantity: str, language: Language) -> str:
    """The same in the middle of a sentence: "frekuensi", but still "PM2.5"."""
    name = quantity_name(quantity, language)
    return name[0].lower() + name[1:] if name != quantity and name[1:2].islower() else name


def lasting(duration: int, language: Language) -> str:
    """How long, in words and in the largest unit of which there are two: "3 minutes", "26 hours", "5 days"."""
    unit = next((unit for unit in SPANS if duration >= 2 * unit), min(SPANS))
    count = max(1, round(duration / unit))
    return f"{count} {SPANS[unit][language][count > 1]}"


def exactly(duration: int, language: Language) -> str:
    """How long something that is set lasts, ms, in the largest unit of which there is a whole number: "10 minutes",
    "90 seconds"."""
    units = {**SPANS, 1000: SECONDS}
    unit = next((unit for unit in units if duration % unit == 0), 1000)
    count = max(1, round(duration / unit))
    return f"{count} {units[unit][language][count > 1]}"


def number(value: float, language: Language, digits: int = 4) -> str:
    """About so many significant digits, no exponent for usual sizes, a comma in Indonesian; "?" where there is none."""
    if not math.isfinite(value):
        return "?"
    magnitude = abs(value)
    if magnitude >= 1e9 or 0 < magnitude < 1e-4:
        text = f"{value:.3e}"
    else:
        decimals = max(0, digits - 1 - math.floor(math.log10(magnitude))) if magnitude else 0
        text = f"{value:.{decimals}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
    return text.replace(".", ",") if language == "id" else text


def measured(value: float, domain: str, quantity: str, language: Language, digits: int = 4) -> str:
    """A value with the unit in which its quantity is kept: "12,4 L/s"."""
    unit = canonical_unit(domain, quantity) or ""
    symbol = SYMBOLS.get(unit, unit)
    value = 0.0 if unit and abs(value) < _NOTHING else value
    return f"{number(value, language, digits)} {symbol}".rstrip()
