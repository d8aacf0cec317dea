"""What nadi measures and what its quality control says of it, as Grafana shows it."""

from __future__ import annotations

from itertools import combinations

from boards.words import Text, Words

UNITS = {
    "flow": "suffix:L/s",
    "pressure": "suffix:kPa",
    "level": "lengthm",
    "volume": "suffix:m3",
    "turbidity": "suffix:NTU",
    "ph": "suffix:pH",
    "chlorine": "suffix:mg/L",
    "temperature": "celsius",
    "power": "kwatt",
    "energy": "kwatth",
    "voltage": "volt",
    "current": "amp",
    "frequency": "hertz",
    "power_factor": "none",
    "thd": "percent",
    "fill": "percent",
    "weight": "suffix:kg",
    "tilt": "degree",
    "river_level": "suffix:cm",
    "rainfall": "suffix:mm",
    "pga": "suffix:cm/s²",
    "displacement": "suffix:mm",
    "soil_moisture": "percent",
    "pm25": "conμgm3",
    "pm10": "conμgm3",
    "tide": "suffix:cm",
}
"""The unit in which nadi keeps each canonical quantity, as Grafana calls it."""

QUANTITIES: dict[str, Words] = {
    "flow": Text("flow", "debit"),
    "pressure": Text("pressure", "tekanan"),
    "level": Text("water level", "muka air"),
    "volume": "volume",
    "turbidity": Text("turbidity", "kekeruhan"),
    "ph": "pH",
    "chlorine": Text("free chlorine", "sisa klor"),
    "temperature": Text("temperature", "suhu"),
    "power": Text("power", "daya"),
    "energy": Text("energy", "energi"),
    "voltage": Text("voltage", "tegangan"),
    "current": Text("current", "arus"),
    "frequency": Text("frequency", "frekuensi"),
    "power_factor": Text("power factor", "faktor daya"),
    "thd": Text("harmonic distortion", "distorsi harmonik"),
    "fill": Text("fill", "keterisian"),
    "weight": Text("weight", "berat"),
    "tilt": Text("tilt", "kemiringan"),
    "river_level": Text("river level", "muka air sungai"),
    "rainfall": Text("rainfall", "curah hujan"),
    "pga": Text("ground acceleration", "percepatan tanah"),
    "displacement": Text("displacement", "pergeseran"),
    "soil_moisture": Text("soil moisture", "kelembapan tanah"),
    "pm25": "PM2.5",
    "pm10": "PM10",
    "tide": Text("tide", "pasang surut"),
}
"""What people call each, as in nadi's sentences."""

FLAGS = {
    0x0001: Text("no time of its own", "tanpa waktu sendiri"),
    0x0002: Text("not in the catalogue", "tidak ada di katalog"),
    0x0004: Text("retained message", "pesan tersimpan (retained)"),
    0x0008: Text("late", "terlambat"),
    0x0010: Text("too late for windows", "terlalu lambat untuk jendela"),
}
TESTS = {
    0x0400: Text("outside what the sensor can measure", "di luar rentang sensor"),
    0x0800: Text("unusual for the hour", "tidak lazim untuk jam ini"),
    0x1000: Text("spike", "lonjakan"),
    0x2000: Text("changes too fast", "berubah terlalu cepat"),
    0x4000: Text("flat line", "nilai tidak berubah"),
    0x8000: Text("hardly moves", "hampir tidak bergerak"),
    0x1_0000: Text("disagrees with neighbours", "berbeda dari tetangga"),
}
VERDICTS = {0x0100: Text("suspect", "diragukan"), 0x0200: Text("failed", "gagal uji")}


def _judged() -> dict[str, Words]:
    """A verdict with one test that gave it, or two."""
    found: dict[str, Words] = {}
    for verdict, judged in VERDICTS.items():
        for tests in (*combinations(TESTS, 1), *combinations(TESTS, 2)):
            english, indonesian = (", ".join(TESTS[test][language] for test in tests) for language in (0, 1))
            found[str(verdict | sum(tests))] = Text(f"{judged.en}: {english}", f"{judged.id}: {indonesian}")
    return found


FLAGS_SEEN: dict[str, Words] = {**{str(bit): words for bit, words in FLAGS.items()}, **_judged()}
"""Flags in words; rarer sums of bits are shown as numbers (telemetry/flags.py)."""
