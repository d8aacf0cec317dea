"""Zones of the simulated city: the kecamatan of Surabaya, and more on a spiral where a city is larger."""

from __future__ import annotations

import math

SURABAYA = "3578"
ZONES = {
    "Genteng": (-7.2606, 112.7466),
    "Wonokromo": (-7.3010, 112.7370),
    "Gubeng": (-7.2755, 112.7545),
    "Tegalsari": (-7.2756, 112.7367),
    "Sukolilo": (-7.2880, 112.7960),
    "Rungkut": (-7.3240, 112.7840),
    "Tambaksari": (-7.2520, 112.7650),
    "Kenjeran": (-7.2200, 112.7780),
    "Wiyung": (-7.3120, 112.6930),
    "Benowo": (-7.2310, 112.6400),
    "Sawahan": (-7.2690, 112.7210),
    "Tandes": (-7.2540, 112.6790),
}
"""Kecamatan of Surabaya, with a point inside each (to about a kilometre)."""
_MORE = {
    "Bubutan": (-7.2480, 112.7310),
    "Simokerto": (-7.2400, 112.7530),
    "Semampir": (-7.2120, 112.7480),
    "Krembangan": (-7.2270, 112.7230),
    "Sukomanunggal": (-7.2650, 112.7000),
    "Lakarsantri": (-7.3110, 112.6480),
    "Mulyorejo": (-7.2660, 112.7900),
    "Wonocolo": (-7.3250, 112.7390),
    "Dukuh Pakis": (-7.2910, 112.7000),
    "Asemrowo": (-7.2380, 112.7010),
    "Bulak": (-7.2320, 112.7920),
    "Tenggilis Mejoyo": (-7.3220, 112.7560),
    "Gunung Anyar": (-7.3380, 112.7920),
    "Jambangan": (-7.3230, 112.7130),
    "Karang Pilang": (-7.3330, 112.6960),
    "Gayungan": (-7.3350, 112.7250),
    "Pabean Cantian": (-7.2160, 112.7360),
    "Sambikerep": (-7.2790, 112.6560),
    "Pakal": (-7.2370, 112.6170),
}
COAST = ("Kenjeran", "Benowo", "Bulak", "Semampir", "Krembangan", "Asemrowo", "Pabean Cantian")
HILLS = ("Wiyung", "Lakarsantri", "Sambikerep", "Dukuh Pakis", "Karang Pilang")
"""The west, where the ground rises."""
_KM_PER_DEGREE = 111.2
_APART = 2.2
_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))


def zones_of(count: int) -> dict[str, tuple[float, float]]:
    """The first `count` zones with a point inside each.

    Beyond Surabaya's 31 they lie on Vogel's (1979) spiral to the south-west, 2 km apart or so, called `Zone 32` and on.
    """
    known = {**ZONES, **_MORE}
    names = dict(list(known.items())[:count])
    for number in range(len(known), count):
        turn = number - len(known)
        radius = _APART * math.sqrt(turn) / _KM_PER_DEGREE
        angle = turn * _GOLDEN_ANGLE
        far = _APART * math.sqrt(count - len(known)) / _KM_PER_DEGREE
        lat, lon = -7.36 - far + radius * math.sin(angle), 112.60 - far + radius * math.cos(angle)
        names[f"Zone {number + 1}"] = (round(lat, 5), round(lon, 5))
    return names


def usual_zones(devices: int) -> int:
    """How many zones a city of so many devices has: 2 for ten, 21 for a thousand, 211 for 100,000."""
    return max(2, round(math.sqrt(devices) / 1.5))
