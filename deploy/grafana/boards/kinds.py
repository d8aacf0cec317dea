"""Every kind of incident in words, and what an operator does first. The kinds are those of `processors/kinds.py`."""

from __future__ import annotations

from boards.words import Text

KINDS: dict[str, tuple[Text, Text]] = {
    # water
    "burst": (
        Text("burst main", "pipa induk pecah"),
        Text("close the valves around it, send a crew", "tutup katup di sekitarnya, kirim regu"),
    ),
    "slow-leak": (
        Text("growing leak", "kebocoran membesar"),
        Text("plan a leak search at night", "rencanakan pencarian bocor malam hari"),
    ),
    "supply-interrupted": (
        Text("no water", "air tidak mengalir"),
        Text("look for closed valves and pumps, send tankers", "periksa katup dan pompa, kirim mobil tangki"),
    ),
    "water-quality": (
        Text("water unsafe", "mutu air tidak aman"),
        Text("take a sample, check dosing, warn customers", "ambil contoh, periksa dosis, beri tahu pelanggan"),
    ),
    "water-pressure": (
        Text("pressure wrong", "tekanan tidak wajar"),
        Text("check pumps and pressure valves", "periksa pompa dan katup tekanan"),
    ),
    "water-balance": (
        Text("water is lost", "kehilangan air tinggi"),
        Text("compare inlet and customers' meters", "bandingkan meter induk dan pelanggan"),
    ),
    # energy
    "outage": (Text("power outage", "listrik padam"), Text("call the utility (PLN 123)", "hubungi PLN 123")),
    "overload": (
        Text("overload", "beban lebih"),
        Text("shift load to another feeder", "pindahkan beban ke penyulang lain"),
    ),
    "voltage": (Text("voltage wrong", "tegangan tidak wajar"), Text("check tap and load", "periksa tap dan beban")),
    "unbalance": (
        Text("phases unbalanced", "fasa tidak seimbang"),
        Text("move customers between phases", "pindahkan pelanggan antarfasa"),
    ),
    "frequency": (
        Text("frequency wrong", "frekuensi tidak wajar"),
        Text("call the grid control centre", "hubungi pusat pengatur beban"),
    ),
    "consumption": (
        Text("consumption unusual", "pemakaian tidak lazim"),
        Text("ask the customer, check the meter", "tanya pelanggan, periksa meter"),
    ),
    "meter-tamper": (
        Text("meter tampered with", "meter dirusak"),
        Text("send an inspector", "kirim petugas penertiban"),
    ),
    # waste
    "bin-fire": (Text("bin on fire", "tempat sampah terbakar"), Text("send the fire brigade", "kirim pemadam")),
    "bin-full": (
        Text("bin full", "tempat sampah penuh"),
        Text("add it to the next round", "masukkan ke ritase berikut"),
    ),
    "missed-collection": (
        Text("round missed", "pengangkutan terlewat"),
        Text("send a truck, ask the contractor", "kirim truk, tanya petugas"),
    ),
    "bin-tilt": (Text("bin fell over", "tempat sampah roboh"), Text("set it upright", "tegakkan kembali")),
    # disaster
    "river-stage": (
        Text("river high", "muka air sungai tinggi"),
        Text("follow the plan for this stage (Siaga)", "jalankan prosedur Siaga ini"),
    ),
    "flood-warning": (
        Text("flood is coming", "banjir akan datang"),
        Text("warn and evacuate downstream", "peringatkan dan evakuasi hilir"),
    ),
    "heavy-rain": (
        Text("cloudburst", "hujan sangat lebat"),
        Text("watch rivers, open the pumps", "pantau sungai, jalankan pompa"),
    ),
    "landslide": (
        Text("slope is moving", "lereng bergerak"),
        Text("evacuate below it, close the road", "evakuasi bagian bawah, tutup jalan"),
    ),
    "quake": (Text("earthquake", "gempa bumi"), Text("follow BMKG, check buildings", "ikuti BMKG, periksa bangunan")),
    "air-quality": (
        Text("air unhealthy", "udara tidak sehat"),
        Text("warn schools and clinics, hand out masks", "peringatkan sekolah dan puskesmas, bagikan masker"),
    ),
    "tide": (
        Text("tidal flood", "banjir rob"),
        Text("close the gates, warn the coast", "tutup pintu air, peringatkan pesisir"),
    ),
    # any domain
    "limit": (Text("beyond its limit", "melewati batas"), Text("look at the device", "periksa perangkat")),
    "unusual": (Text("unusual", "tidak lazim"), Text("look at the devices of the zone", "periksa perangkat di zona")),
    "no-data": (Text("sensor silent", "sensor diam"), Text("check power and network", "periksa daya dan jaringan")),
    "gateway-lost": (
        Text("gateway silent", "gateway diam"),
        Text("check its power and network", "periksa daya dan jaringannya"),
    ),
    "sensor-fault": (
        Text("sensor faulty", "sensor rusak"),
        Text("don't trust it, have it replaced", "jangan dipercaya, minta penggantian"),
    ),
    "alarm-flood": (
        Text("too many alarms", "banjir alarm"),
        Text("see to the critical ones only", "tangani yang kritis saja"),
    ),
}
"""Kind -> its name, and what to do first."""
