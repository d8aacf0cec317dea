"""What the disaster analytics say. Times are the city's, numbers come with their unit."""

from __future__ import annotations

from typing import Final, Literal

SENTENCES: Final[dict[str, dict[Literal["id", "en"], str]]] = {
    "river.stage": {
        "id": "{where} {level}, Siaga {stage}{trend}.",
        "en": "{where} at {level}, Siaga {stage}{trend}.",
    },
    "river.warning": {
        "id": "{where} {level} dan naik {rate}/jam; Siaga {stage} ({bound}) kira-kira {minutes} menit lagi.",
        "en": "{where} at {level} and rising {rate}/h; Siaga {stage} ({bound}) is due in about {minutes} min.",
    },
    "river.further": {
        "id": "{where} {level}, Siaga {now}, naik {rate}/jam; Siaga {stage} ({bound}) kira-kira {minutes} menit lagi.",
        "en": "{where} at {level}, Siaga {now}, rising {rate}/h; Siaga {stage} ({bound}) due in about {minutes} min.",
    },
    "river.wave": {
        "id": "{river}: air banjir dari {gauge} diperkirakan tiba di {arrivals}.",
        "en": "{river}: the flood from {gauge} is expected at {arrivals}.",
    },
    "river.ended": {
        "id": "{where} {level}, kembali Siaga 4.",
        "en": "{where} at {level}, Siaga 4 again.",
    },
    "river.passed": {
        "id": "{river}: air banjir telah lewat.",
        "en": "{river}: the flood has passed.",
    },
    "rain.violent": {
        "id": "Hujan sangat deras di {gauge}: {amount} dalam {minutes} menit ({rate}/jam){day}.",
        "en": "A cloudburst at {gauge}: {amount} in {minutes} minutes ({rate}/h){day}.",
    },
    "rain.hourly": {
        "id": "Hujan lebat di {gauge}: {amount} dalam satu jam{day}.",
        "en": "Heavy rain at {gauge}: {amount} in an hour{day}.",
    },
    "rain.lasting": {
        "id": "Hujan terus berlangsung di {gauge}: {amount} dalam satu jam terakhir{day}.",
        "en": "Rain goes on at {gauge}: {amount} in the last hour{day}.",
    },
    "rain.sum": {
        "id": "; {total} dalam 24 jam",
        "en": "; {total} in 24 hours",
    },
    "rain.day": {
        "id": "; {total} dalam 24 jam ({grade})",
        "en": "; {total} in 24 hours ({grade})",
    },
    "rain.ended": {
        "id": "Hujan di {gauge} mereda.",
        "en": "The rain at {gauge} has eased.",
    },
    "slope.moves": {
        "id": "Lereng {device} bergerak: kemiringan {tilt}/jam, pergeseran {moved}/jam{signs}.",
        "en": "The slope at {device} is moving: tilt {tilt}/h, displacement {moved}/h{signs}.",
    },
    "slope.rests": {
        "id": "Lereng {device} tidak bergerak lagi.",
        "en": "The slope at {device} moves no longer.",
    },
    "slope.wet": {
        "id": "; tanah hampir jenuh ({moisture})",
        "en": "; the soil is near saturation ({moisture})",
    },
    "slope.rain": {
        "id": "; hujan {rain} dalam {hours} jam melampaui ambang longsor {threshold}",
        "en": "; rain of {rain} in {hours} hours is beyond the landslide threshold of {threshold}",
    },
    "quake.felt": {
        "id": "Gempa terasa di {stations} stasiun: terkuat di {device}, {pga}, intensitas MMI {mmi}.",
        "en": "An earthquake is felt at {stations} stations: strongest at {device}, {pga}, intensity MMI {mmi}.",
    },
    "quake.shared": {
        "id": "Gempa terasa di {stations} stasiun di sini dan {beyond} di kota tetangga: di sini terkuat di {device}, "
        "{pga}, intensitas MMI {mmi}.",
        "en": "An earthquake is felt by stations here ({stations}) and in neighbouring cities ({beyond}): here "
        "strongest at {device}, {pga}, intensity MMI {mmi}.",
    },
    "quake.over": {
        "id": "Guncangan telah reda.",
        "en": "The shaking is over.",
    },
    "tide.surge": {
        "id": "Muka air laut di {gauge} {level}: {surge} di atas pasang surut yang diperkirakan.",
        "en": "The sea at {gauge} stands at {level}: {surge} above the tide that is due.",
    },
    "tide.high": {
        "id": "Muka air laut di {gauge} {level}, melampaui batas {limit}.",
        "en": "The sea at {gauge} stands at {level}, above the limit of {limit}.",
    },
    "tide.rise": {
        "id": "Muka air laut di {gauge} {level} dan naik {rate}/jam, lebih cepat daripada pasang biasa.",
        "en": "The sea at {gauge} stands at {level} and rises {rate}/h, faster than tides do.",
    },
    "tide.ended": {
        "id": "Muka air laut di {gauge} kembali {level}.",
        "en": "The sea at {gauge} is back at {level}.",
    },
    "air.unhealthy": {
        "id": "Udara di {station} {grade}: ISPU {index} ({quantity} rata-rata 24 jam {mean}).",
        "en": "The air at {station} is {grade}: ISPU {index} ({quantity}, mean of 24 hours {mean}).",
    },
    "air.early": {
        "id": "Udara di {station} memburuk: ISPU sementara {index} ({grade}) menurut {quantity} jam-jam terakhir.",
        "en": "The air at {station} gets worse: ISPU {index} ({grade}) for now, by the last hours of {quantity}.",
    },
    "air.better": {
        "id": "Udara di {station} membaik: ISPU {index}.",
        "en": "The air at {station} is better: ISPU {index}.",
    },
}

RAIN_CLASSES: Final[dict[Literal["id", "en"], tuple[str, ...]]] = {
    "id": ("tidak hujan", "ringan", "sedang", "lebat", "sangat lebat", "ekstrem"),
    "en": ("none", "light", "moderate", "heavy", "very heavy", "extreme"),
}
"""BMKG's classes of a day's rain."""

AIR_GRADES: Final[dict[Literal["id", "en"], tuple[str, ...]]] = {
    "id": ("baik", "sedang", "tidak sehat", "sangat tidak sehat", "berbahaya"),
    "en": ("good", "moderate", "unhealthy", "very unhealthy", "dangerous"),
}
"""Of ISPU: up to 50, 100, 200, 300, and beyond."""

TRENDS: Final[dict[Literal["id", "en"], tuple[str, str, str]]] = {
    "id": ("; turun {rate}/jam", "; tetap", "; naik {rate}/jam"),
    "en": ("; falling {rate}/h", "; steady", "; rising {rate}/h"),
}
"""Of a level: falling, steady, rising. While no rate is known nothing is said."""
