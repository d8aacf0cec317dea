"""Every kind of incident in words, and what an operator does first, as on nadi's own page. The kinds are those of
`processors/kinds.py`."""

from __future__ import annotations

from boards.words import Text

KINDS: dict[str, tuple[Text, Text]] = {
    # water
    "burst": (
        Text("burst main", "pipa pecah"),
        Text(
            "send a crew to this zone, close the nearest valves, tell customers",
            "kirim regu ke zona ini, tutup katup terdekat, beri tahu pelanggan",
        ),
    ),
    "slow-leak": (
        Text("slow leak", "kebocoran perlahan"),
        Text(
            "plan a leak search at night in this zone",
            "jadwalkan pencarian kebocoran malam hari di zona ini",
        ),
    ),
    "supply-interrupted": (
        Text("no water supply", "pasokan air terputus"),
        Text(
            "check pumps and valves; get tankers ready",
            "periksa pompa dan katup; siapkan mobil tangki",
        ),
    ),
    "water-quality": (
        Text("bad water quality", "mutu air buruk"),
        Text(
            "take a sample, check dosing; if need be stop the supply and tell the health office",
            "ambil sampel air, periksa pembubuhan klor; bila perlu hentikan pasokan dan beri tahu dinas kesehatan",
        ),
    ),
    "water-pressure": (
        Text("abnormal water pressure", "tekanan air tidak wajar"),
        Text(
            "check this zone's pumps and valves",
            "periksa pompa dan katup zona ini",
        ),
    ),
    "water-balance": (
        Text("water losses above target", "air hilang melebihi batas"),
        Text(
            "compare inlet and customer meters; search for leaks",
            "bandingkan meter induk dan pelanggan; cari kebocoran",
        ),
    ),
    # energy
    "outage": (
        Text("power outage", "listrik padam"),
        Text(
            "call the utility (PLN 123), check the feeder; hospitals and pumps first",
            "hubungi PLN (123), periksa penyulang; dahulukan rumah sakit dan pompa",
        ),
    ),
    "overload": (
        Text("overload", "beban berlebih"),
        Text(
            "move or shed load before the protection trips",
            "pindahkan atau kurangi beban sebelum pengaman bekerja",
        ),
    ),
    "voltage": (
        Text("abnormal voltage", "tegangan tidak wajar"),
        Text(
            "check load, transformer taps and the neutral",
            "periksa beban, tap trafo, dan sambungan netral",
        ),
    ),
    "unbalance": (
        Text("unbalanced phases", "fasa tidak seimbang"),
        Text(
            "move customers between phases; check the neutral",
            "pindahkan pelanggan antarfasa; periksa netral",
        ),
    ),
    "frequency": (
        Text("frequency excursion", "frekuensi menyimpang"),
        Text(
            "call the load dispatcher; prepare load shedding",
            "hubungi pengatur beban (UP2B); siapkan pelepasan beban",
        ),
    ),
    "consumption": (
        Text("unusual consumption", "pemakaian tidak wajar"),
        Text(
            "ask the customer and check the meter",
            "tanyai pelanggan dan periksa meternya",
        ),
    ),
    "meter-tamper": (
        Text("meter tampering", "meter diutak-atik"),
        Text(
            "send somebody to look at the meter",
            "kirim petugas memeriksa meter",
        ),
    ),
    # waste
    "bin-fire": (
        Text("bin fire", "kebakaran tempat sampah"),
        Text(
            "send the fire brigade; keep people away from this bin",
            "kirim pemadam; jauhkan orang dari tempat sampah ini",
        ),
    ),
    "bin-full": (
        Text("bin full", "tempat sampah penuh"),
        Text(
            "put it on the next collection round",
            "masukkan ke rute angkut berikutnya",
        ),
    ),
    "missed-collection": (
        Text("missed collection", "sampah tidak terangkut"),
        Text(
            "call this zone's collection crew",
            "hubungi regu angkut zona ini",
        ),
    ),
    "bin-tilt": (
        Text("bin knocked over", "tempat sampah terguling"),
        Text(
            "send somebody to put it up",
            "kirim petugas menegakkannya",
        ),
    ),
    # disaster
    "river-stage": (
        Text("flood: river rising", "banjir: sungai naik"),
        Text(
            "follow the plan for this Siaga: warn people along the river, operate the gates, prepare shelters",
            "jalankan prosedur Siaga ini: peringatkan warga bantaran, atur pintu air, siapkan pengungsian",
        ),
    ),
    "flood-warning": (
        Text("flood warning", "peringatan banjir"),
        Text(
            "warn people downstream and prepare shelters",
            "siagakan warga hilir dan siapkan pengungsian",
        ),
    ),
    "heavy-rain": (
        Text("heavy rain", "hujan lebat"),
        Text(
            "check pumps and drains; watch the rivers",
            "periksa pompa dan saluran; pantau sungai",
        ),
    ),
    "landslide": (
        Text("landslide danger", "bahaya longsor"),
        Text(
            "bring people off this slope and from below it; close the road",
            "ungsikan warga di lereng ini dan di bawahnya; tutup jalannya",
        ),
    ),
    "quake": (
        Text("earthquake", "gempa"),
        Text(
            "check for casualties and damage, follow BMKG; on the coast evacuate at once if it was strong or long",
            "periksa korban dan kerusakan, ikuti BMKG; di pantai segera evakuasi bila guncangan kuat atau lama",
        ),
    ),
    "air-quality": (
        Text("unhealthy air", "udara tidak sehat"),
        Text(
            "advise masks, tell schools and clinics; limit outdoor activity",
            "anjurkan masker, beri tahu sekolah dan puskesmas; batasi kegiatan luar ruang",
        ),
    ),
    "tide": (
        Text("high tide", "pasang tinggi"),
        Text(
            "close the sea gates, warn the coast; look for a tsunami warning of BMKG",
            "tutup pintu air laut, siagakan pesisir; periksa peringatan tsunami BMKG",
        ),
    ),
    # any domain
    "limit": (
        Text("beyond a limit", "di luar batas"),
        Text(
            "check this device and what is around it",
            "periksa alat ini dan sekitarnya",
        ),
    ),
    "unusual": (
        Text("unlike its past", "tidak seperti biasa"),
        Text(
            "look at the chart; compare with what is around",
            "lihat grafiknya; bandingkan dengan sekitarnya",
        ),
    ),
    "no-data": (
        Text("silent sensor", "sensor diam"),
        Text(
            "check its power and network; take it as not seen",
            "periksa daya dan jaringan sensor; anggap tidak terpantau",
        ),
    ),
    "gateway-lost": (
        Text("gateway lost", "gateway terputus"),
        Text(
            "check its power and network; its sensors are not seen",
            "periksa daya dan jaringannya; sensor-sensornya tidak terpantau",
        ),
    ),
    "sensor-fault": (
        Text("faulty sensor", "sensor rusak"),
        Text(
            "plan a repair; don't trust its readings",
            "jadwalkan perbaikan; jangan percayai bacaannya",
        ),
    ),
    "alarm-flood": (
        Text("flood of alarms", "banjir alarm"),
        Text(
            "handle what is critical first; the rest is held back",
            "tangani dulu yang kritis; sisanya ditahan",
        ),
    ),
}
"""Kind -> its name, and what to do first."""
