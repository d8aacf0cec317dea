"""Every kind of incident in words, and what an operator does first. The kinds are those of `processors/kinds.py`."""

from __future__ import annotations

from boards.words import Text

KINDS: dict[str, tuple[Text, Text]] = {
    # water
    "burst": (
        Text("burst main", "pipa pecah"),
        Text("close the valves around it, send a crew", "tutup katup di sekitarnya, kirim regu"),
    ),
    "slow-leak": (
        Text("slow leak", "kebocoran perlahan"),
        Text("plan a leak search at night", "rencanakan pencarian bocor malam hari"),
    ),
    "supply-interrupted": (
        Text("no water supply", "pasokan air terputus"),
        Text("look for closed valves and pumps, send tankers", "periksa katup dan pompa, kirim mobil tangki"),
    ),
    "water-quality": (
        Text("bad water quality", "mutu air buruk"),
        Text("take a sample, check dosing, warn customers", "ambil contoh, periksa dosis, beri tahu pelanggan"),
    ),
    "water-pressure": (
        Text("abnormal water pressure", "tekanan air tidak wajar"),
        Text("check pumps and pressure valves", "periksa pompa dan katup tekanan"),
    ),
    "water-balance": (
        Text("water losses above target", "air hilang melebihi batas"),
        Text("compare inlet and customers' meters", "bandingkan meter induk dan pelanggan"),
    ),
    # energy
    "outage": (Text("power outage", "listrik padam"), Text("call the utility (PLN 123)", "hubungi PLN 123")),
    "overload": (
        Text("overload", "beban berlebih"),
        Text("shift load to another feeder", "pindahkan beban ke penyulang lain"),
    ),
    "voltage": (Text("abnormal voltage", "tegangan tidak wajar"), Text("check tap and load", "periksa tap dan beban")),
    "unbalance": (
        Text("unbalanced phases", "fase tidak seimbang"),
        Text("move customers between phases", "pindahkan pelanggan antarfasa"),
    ),
    "frequency": (
        Text("frequency excursion", "frekuensi menyimpang"),
        Text("call the grid control centre", "hubungi pusat pengatur beban"),
    ),
    "consumption": (
        Text("unusual consumption", "pemakaian tidak wajar"),
        Text("ask the customer, check the meter", "tanya pelanggan, periksa meter"),
    ),
    "meter-tamper": (
        Text("meter tampering", "meter diutak-atik"),
        Text("send an inspector", "kirim petugas penertiban"),
    ),
    # waste
    "bin-fire": (Text("bin fire", "kebakaran bak sampah"), Text("send the fire brigade", "kirim pemadam")),
    "bin-full": (
        Text("bin full", "bak sampah penuh"),
        Text("add it to the next round", "masukkan ke ritase berikut"),
    ),
    "missed-collection": (
        Text("missed collection", "sampah tidak terangkut"),
        Text("send a truck, ask the contractor", "kirim truk, tanya petugas"),
    ),
    "bin-tilt": (Text("bin knocked over", "bak sampah terguling"), Text("set it upright", "tegakkan kembali")),
    # disaster
    "river-stage": (
        Text("flood: river rising", "banjir: sungai naik"),
        Text("follow the plan for this stage (Siaga)", "jalankan prosedur Siaga ini"),
    ),
    "flood-warning": (
        Text("flood warning", "peringatan banjir"),
        Text("warn and evacuate downstream", "peringatkan dan evakuasi hilir"),
    ),
    "heavy-rain": (
        Text("heavy rain", "hujan lebat"),
        Text("watch rivers, open the pumps", "pantau sungai, jalankan pompa"),
    ),
    "landslide": (
        Text("landslide danger", "bahaya longsor"),
        Text("evacuate below it, close the road", "evakuasi bagian bawah, tutup jalan"),
    ),
    "quake": (Text("earthquake", "gempa"), Text("follow BMKG, check buildings", "ikuti BMKG, periksa bangunan")),
    "air-quality": (
        Text("unhealthy air", "udara tidak sehat"),
        Text("warn schools and clinics, hand out masks", "peringatkan sekolah dan puskesmas, bagikan masker"),
    ),
    "tide": (
        Text("high tide", "pasang tinggi"),
        Text("close the gates, warn the coast", "tutup pintu air, peringatkan pesisir"),
    ),
    # any domain
    "limit": (Text("beyond a limit", "di luar batas"), Text("look at the device", "periksa perangkat")),
    "unusual": (
        Text("unlike its past", "tidak seperti biasa"),
        Text("look at the devices of the zone", "periksa perangkat di zona"),
    ),
    "no-data": (Text("silent sensor", "sensor diam"), Text("check power and network", "periksa daya dan jaringan")),
    "gateway-lost": (
        Text("gateway lost", "gerbang terputus"),
        Text("check its power and network", "periksa daya dan jaringannya"),
    ),
    "sensor-fault": (
        Text("faulty sensor", "sensor rusak"),
        Text("don't trust it, have it replaced", "jangan dipercaya, minta penggantian"),
    ),
    "alarm-flood": (
        Text("flood of alarms", "banjir alarm"),
        Text("see to the critical ones only", "tangani yang kritis saja"),
    ),
}
"""Kind -> its name, and what to do first."""
