"""What the report says, in Indonesian and in English: one visible table a language."""

from __future__ import annotations

import math
from typing import Final, Literal, NamedTuple

Language = Literal["id", "en"]


class Text(NamedTuple):
    """name: of an indicator; of: what is divided by what; why: how it is measured, for who has not met it before."""

    name: str
    of: str
    why: str


class Target(NamedTuple):
    """What is to be reached: at least or at most so much, and who says so."""

    sign: Literal["≥", "≤"]
    value: float
    source: str

    def met(self, value: float) -> bool:
        return value >= self.value if self.sign == "≥" else value <= self.value


DOMAINS: Final = ("water", "energy", "waste", "disaster", "*")
TARGETS: Final = {
    "completeness": Target("≥", 95.0, "nadi"),
    "non-revenue-water": Target("≤", 20.0, "BPPSPAM"),
    "voltage-compliance": Target("≥", 95.0, "EN 50160"),
    "alarm-rate": Target("≤", 1.0, "EEMUA 191"),
    "alarm-peak": Target("≤", 10.0, "EEMUA 191"),
    "alarm-flood": Target("≤", 1.0, "EEMUA 191"),
    "stale-alarms": Target("≤", 5.0, "EEMUA 191"),
}
"""Where one is set by a standard; completeness is our own starting value. What each city wants of the others is
the city's."""

WORSE: Final = {
    **dict.fromkeys(("pressure-compliance", "quality-compliance", "voltage-compliance"), min),
    **dict.fromkeys(("collection-punctuality", "completeness", "warning-lead-time"), min),
    **dict.fromkeys(("interruption", "non-revenue-water", "night-leakage", "saidi", "saifi", "overflowing-hours"), max),
}
"""Which of two numbers is the worse one, where one is."""

NAMES: Final[dict[Language, dict[str, Text]]] = {
    "en": {
        "completeness": Text(
            "Data completeness", "sensor-hours covered of sensor-hours", "For which part of the time sensors reported."
        ),
        "pressure-compliance": Text(
            "Water pressure within limits", "readings within limits of all", "Permen PU 18/2007 and the pipes' rating."
        ),
        "quality-compliance": Text(
            "Water quality within limits",
            "readings within limits of all",
            "Turbidity, pH, free chlorine: Permenkes 2/2023.",
        ),
        "interruption": Text(
            "Water interruption per household", "household-hours without water, by households", "ISO 37120."
        ),
        "non-revenue-water": Text("Non-revenue water", "m³ not billed of m³ put in", "IWA water balance."),
        "night-flow": Text(
            "Minimum night flow",
            "L/s in the hours of the night, by zone and night",
            "What flows at rest, usually between 02:00 and 04:00.",
        ),
        "night-leakage": Text(
            "Night leakage", "L/s that leak of night flow", "Night flow less what people use at night (SANFLOW)."
        ),
        "saidi": Text("SAIDI", "customer-minutes interrupted, by customers", "Minutes without power each: IEEE 1366."),
        "saifi": Text("SAIFI", "customers interrupted, by customers", "Interruptions each: IEEE 1366."),
        "voltage-compliance": Text(
            "Voltage within the band", "means within the band of all", "EN 50160: ±10 %, 95 % of a week."
        ),
        "overflowing-hours": Text("Hours overflowing per bin", "bin-hours full, by bins", "Bins waiting for a truck."),
        "collection-punctuality": Text(
            "Collections on time", "collections in time of those due", "Against each bin's usual round."
        ),
        "siaga-3-hours": Text("Hours at Siaga 3", "gauge-hours", "Each river gauge at its own stage."),
        "siaga-2-hours": Text("Hours at Siaga 2", "gauge-hours", "Each river gauge at its own stage."),
        "siaga-1-hours": Text("Hours at Siaga 1", "gauge-hours", "Each river gauge at its own stage."),
        "warning-lead-time": Text(
            "Flood warning lead time", "minutes of warning, by stages reached", "0 where there was no warning."
        ),
        "ispu-good-days": Text("Good", "", ""),
        "ispu-moderate-days": Text("Moderate", "", ""),
        "ispu-unhealthy-days": Text("Unhealthy", "", ""),
        "ispu-very-unhealthy-days": Text("Very unhealthy", "", ""),
        "ispu-dangerous-days": Text("Dangerous", "", ""),
        "alarm-rate": Text("Alarms per 10 minutes", "alarms, by intervals of 10 minutes", "On average."),
        "alarm-peak": Text("Most alarms in 10 minutes", "the worst interval", "More than 10 can't be followed."),
        "alarm-flood": Text("Time in alarm flood", "intervals with more than 10 alarms of all", ""),
        "alarm-critical": Text("Critical alarms", "critical of all alarms", "EEMUA 191 advises about 5 %."),
        "standing-alarms": Text("Standing alarms", "alarms that stand, on average", ""),
        "stale-alarms": Text("Stale alarms", "standing for 24 hours or longer, on average", ""),
    },
    "id": {
        "completeness": Text(
            "Kelengkapan data", "jam-sensor terisi dari jam-sensor", "Bagian waktu saat sensor mengirim data."
        ),
        "pressure-compliance": Text(
            "Tekanan air memenuhi batas", "bacaan dalam batas dari semua", "Permen PU 18/2007 dan batas pipa."
        ),
        "quality-compliance": Text(
            "Mutu air memenuhi batas",
            "bacaan dalam batas dari semua",
            "Kekeruhan, pH, sisa klor: Permenkes 2/2023.",
        ),
        "interruption": Text(
            "Gangguan air per rumah tangga", "jam-rumah tangga tanpa air per rumah tangga", "ISO 37120."
        ),
        "non-revenue-water": Text("Air tak berekening", "m³ tak tertagih dari m³ masuk", "Neraca air IWA."),
        "night-flow": Text(
            "Aliran malam minimum",
            "L/dtk pada jam malam, per zona dan malam",
            "Saat kota beristirahat, biasanya pukul 02.00–04.00.",
        ),
        "night-leakage": Text(
            "Kebocoran malam", "L/dtk yang bocor dari aliran malam", "Aliran malam dikurangi pemakaian sah (SANFLOW)."
        ),
        "saidi": Text("SAIDI", "menit-pelanggan padam per pelanggan", "Lama padam rata-rata: IEEE 1366."),
        "saifi": Text("SAIFI", "pelanggan padam per pelanggan", "Kali padam rata-rata: IEEE 1366."),
        "voltage-compliance": Text(
            "Tegangan dalam batas", "rerata dalam batas dari semua", "EN 50160: ±10 %, 95 % dari seminggu."
        ),
        "overflowing-hours": Text("Jam meluap per tempat sampah", "jam penuh per tempat sampah", "Menunggu diangkut."),
        "collection-punctuality": Text(
            "Pengangkutan tepat waktu", "pengangkutan tepat waktu dari yang jatuh tempo", "Menurut jadwal biasanya."
        ),
        "siaga-3-hours": Text("Jam pada Siaga 3", "jam-pos duga", "Tiap pos duga menurut batasnya sendiri."),
        "siaga-2-hours": Text("Jam pada Siaga 2", "jam-pos duga", "Tiap pos duga menurut batasnya sendiri."),
        "siaga-1-hours": Text("Jam pada Siaga 1", "jam-pos duga", "Tiap pos duga menurut batasnya sendiri."),
        "warning-lead-time": Text(
            "Tenggang peringatan banjir", "menit peringatan per status yang tercapai", "0 bila tanpa peringatan."
        ),
        "ispu-good-days": Text("Baik", "", ""),
        "ispu-moderate-days": Text("Sedang", "", ""),
        "ispu-unhealthy-days": Text("Tidak sehat", "", ""),
        "ispu-very-unhealthy-days": Text("Sangat tidak sehat", "", ""),
        "ispu-dangerous-days": Text("Berbahaya", "", ""),
        "alarm-rate": Text("Alarm per 10 menit", "alarm per selang 10 menit", "Rata-rata."),
        "alarm-peak": Text("Alarm terbanyak dalam 10 menit", "selang terburuk", "Lebih dari 10 tak terikuti."),
        "alarm-flood": Text("Waktu banjir alarm", "selang dengan lebih dari 10 alarm dari semua", ""),
        "alarm-critical": Text("Alarm kritis", "kritis dari semua alarm", "EEMUA 191 menyarankan sekitar 5 %."),
        "standing-alarms": Text("Alarm yang masih aktif", "alarm yang masih berlangsung, rata-rata", ""),
        "stale-alarms": Text("Alarm aktif 24 jam atau lebih", "berlangsung 24 jam atau lebih, rata-rata", ""),
    },
}

SAYINGS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "title": "City indicators",
        "province": "Province {place}",
        "city": "City {place}",
        "days": "{first}–{last} {month}",
        "made": "Made {when} by nadi",
        "summary": "At a glance",
        "trust": "All sensors",
        "met": "meets {target}",
        "missed": "misses {target}",
        "water": "Water",
        "energy": "Electricity",
        "waste": "Waste",
        "disaster": "Disaster and air",
        "*": "Alarm system",
        "zone": "Zone",
        "zones": "By zone",
        "cities": "By city",
        "place": "City",
        "whole": "All",
        "ispu": "Air quality: ISPU class of each day",
        "ispu-why": "Permen LHK 14/2020, by the worst station and pollutant of the day.",
        "stages": "River: hours at each Siaga stage",
        "stages-why": "Gauge-hours; Siaga 1 is the gravest.",
        "none": "Not reported",
        "none-why": "Nothing was measured that tells of these, or the settings lack what they need.",
        "none-non-revenue-water": "needs the number of connections (water.balance.connections) and customers' meters",
        "none-night-leakage": "needs the people that live in a zone (water.night.population)",
        "method": "How to read this",
        "method-1": "Every number is a numerator and a denominator. Zones, days and cities are added, never averaged.",
        "method-2": "Days and months are the city's own. A month that is not over is told as far as it has come.",
        "method-3": "Water and disaster response are minimum services (SPM); waste and electricity are not.",
        "method-4": "Measured by sensors; what no sensor watches is not in it. See data completeness.",
        "day-title": "{day} {month}: {value}",
        "worst": "Worst: {found}",
    },
    "id": {
        "title": "Indikator kota",
        "province": "Provinsi {place}",
        "city": "Kota/Kabupaten {place}",
        "days": "{first}–{last} {month}",
        "made": "Dibuat {when} oleh nadi",
        "summary": "Sekilas",
        "trust": "Semua sensor",
        "met": "memenuhi {target}",
        "missed": "belum memenuhi {target}",
        "water": "Air minum",
        "energy": "Listrik",
        "waste": "Persampahan",
        "disaster": "Bencana dan udara",
        "*": "Sistem alarm",
        "zone": "Zona",
        "zones": "Menurut zona",
        "cities": "Menurut kota",
        "place": "Kota",
        "whole": "Semua",
        "ispu": "Mutu udara: kelas ISPU tiap hari",
        "ispu-why": "Permen LHK 14/2020, menurut stasiun dan pencemar terburuk hari itu.",
        "stages": "Sungai: jam pada tiap status Siaga",
        "stages-why": "Jam-pos duga; Siaga 1 yang paling gawat.",
        "none": "Tidak dilaporkan",
        "none-why": "Tidak ada yang mengukurnya, atau pengaturan belum lengkap.",
        "none-non-revenue-water": "perlu jumlah sambungan (water.balance.connections) dan meter pelanggan",
        "none-night-leakage": "perlu jumlah penduduk zona (water.night.population)",
        "method": "Cara membaca",
        "method-1": "Tiap angka terdiri dari pembilang dan penyebut. Zona, hari, dan kota dijumlahkan, "
        "bukan dirata-ratakan.",
        "method-2": "Hari dan bulan menurut waktu setempat. Bulan yang belum selesai dilaporkan sampai hari ini.",
        "method-3": "Air minum dan penanggulangan bencana termasuk SPM; persampahan dan listrik tidak.",
        "method-4": "Diukur oleh sensor; yang tidak dipantau sensor tidak termasuk. Lihat kelengkapan data.",
        "day-title": "{day} {month}: {value}",
        "worst": "Terburuk: {found}",
    },
}
UNITS: Final[dict[Language, dict[str, str]]] = {
    "en": {"h": "h", "min": "min", "times": "times", "d": "days", "1/10 min": "", "alarms": "", "L/s": "L/s"},
    "id": {"h": "jam", "min": "menit", "times": "kali", "d": "hari", "1/10 min": "", "alarms": "", "L/s": "L/dtk"},
}
_MONTHS: Final[dict[Language, str]] = {
    "en": "January February March April May June July August September October November December",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}


class Words:
    """The sayings of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.names = NAMES[language]

    def say(self, key: str, **words: object) -> str:
        return SAYINGS[self.language][key].format(**words)

    def month(self, year: int, month: int) -> str:
        return f"{_MONTHS[self.language].split()[month - 1]} {year}"

    def number(self, value: float) -> str:
        """Three significant digits or all of a whole part; with the language's comma and its thousands."""
        if not math.isfinite(value):
            return "–"
        size = abs(value)
        decimals = 0 if size >= 100 or value == round(value) else 1 if size >= 10 else 2
        text = f"{value:,.{decimals}f}"
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return text.translate(str.maketrans(",.", ".,")) if self.language == "id" else text

    def measured(self, value: float, unit: str) -> str:
        return f"{self.number(value)} {UNITS[self.language].get(unit, unit)}".rstrip()
