"""Pipeline: is nadi itself well: rate, lag, refusals, journal, books."""

from __future__ import annotations

from boards.board import Board
from boards.panels import (
    CODE,
    DOMAIN,
    GREEN,
    HIDDEN,
    OPEN_DEVICE,
    RED,
    YELLOW,
    Panel,
    column,
    link,
    linked,
    now,
    prom,
    renamed,
    stat,
    table,
    timeseries,
)
from boards.words import DOMAINS, SEVERITIES, Text, Words

OUTCOMES = {"stored": Text("stored", "tersimpan"), "duplicate": Text("repeats", "ganda")}
OUTCOMES |= {"rejected": Text("refused", "ditolak")}


def yes(words: Text, no: Text) -> dict[str, object]:
    return {"mappings": [{"type": "value", "options": {"1": {"text": words}, "0": {"text": no}}}]}


def light(title: Words, metric: str, one: Text, zero: Text, good: int = 1) -> Panel:
    colours = (RED, GREEN) if good else (GREEN, RED)
    steps = ((None, colours[0]), (1, colours[1]))
    return stat(title, prom(metric), width=3, steps=steps, defaults=yes(one, zero))


STATE = (
    light(
        Text("Answers", "Menjawab"),
        'min(up{job="nadi"})',
        Text("yes", "ya"),
        Text("NO", "TIDAK"),
    ),
    light(Text("Ready", "Siap"), "min(nadi_ready)", Text("ready", "siap"), Text("NOT ready", "TIDAK siap")),
    light(
        Text("Broker", "Broker"), "min(nadi_mqtt_connected)", Text("connected", "tersambung"), Text("LOST", "TERPUTUS")
    ),
    light(
        Text("Session", "Sesi"),
        "max(nadi_mqtt_session_lost)",
        Text("was LOST", "pernah HILANG"),
        Text("kept", "terjaga"),
        good=0,
    ),
    stat(
        Text("Readings/s", "Bacaan/detik"),
        prom("sum(rate(nadi_readings_total[1m]))"),
        width=3,
        decimals=1,
        steps=((None, RED), (0.01, GREEN)),
    ),
    stat(
        Text("Worst lag", "Tertinggal"),
        prom("max(nadi_sink_lag_seconds)"),
        width=3,
        unit="s",
        steps=((None, GREEN), (10, YELLOW), (60, RED)),
    ),
    stat(
        Text("Journal", "Jurnal"),
        prom("max(nadi_journal_bytes / nadi_journal_max_bytes)"),
        width=3,
        unit="percentunit",
        decimals=1,
        steps=((None, GREEN), (0.5, YELLOW), (0.8, RED)),
    ),
    stat(Text("Series", "Deret"), prom("sum(nadi_series)"), width=3, decimals=0),
)

FLOW = (
    timeseries(
        Text("Readings/s, by what became of them", "Bacaan/detik, menurut nasibnya"),
        prom("sum by (outcome) (rate(nadi_readings_total[1m]))", "{{outcome}}"),
        low=0,
        overrides=renamed(OUTCOMES),
    ),
    timeseries(
        Text("Readings/s, by domain", "Bacaan/detik, per bidang"),
        prom("sum by (domain) (rate(nadi_readings_total[1m]))", "{{domain}}"),
        low=0,
        overrides=renamed(DOMAINS),
    ),
    timeseries(
        Text("Messages/s", "Pesan/detik"),
        prom("sum(rate(nadi_messages_total[1m]))", Text("messages", "pesan")),
        low=0,
    ),
    timeseries(
        Text("Arrival to stored", "Tiba sampai tersimpan"),
        [
            prom(f"histogram_quantile({at}, sum by (le) (rate(nadi_end_to_end_seconds_bucket[5m])))", label)
            for at, label in (("0.5", "p50"), ("0.99", "p99"))
        ],
        unit="s",
        low=0,
        steps=((None, GREEN), (1, YELLOW), (5, RED)),
        note=Text("The target is one second (p99).", "Sasarannya satu detik (p99)."),
    ),
    timeseries(
        Text("Windows and anomalies/s", "Jendela dan anomali/detik"),
        [
            prom("sum(rate(nadi_windows_total[5m]))", Text("windows", "jendela")),
            prom("sum(rate(nadi_anomalies_total[5m]))", Text("anomalies", "anomali")),
        ],
        low=0,
    ),
    timeseries(
        Text("Late readings/s", "Bacaan terlambat/detik"),
        prom("sum(rate(nadi_late_readings_total[5m]))", Text("late", "terlambat")),
        low=0,
    ),
)

REFUSED = (
    timeseries(
        Text("Refused/min, by reason", "Ditolak/menit, menurut sebab"),
        prom("sum by (reason) (rate(nadi_rejects_total[5m])) * 60", "{{reason}}"),
        low=0,
    ),
    timeseries(
        Text("Share that is refused", "Bagian yang ditolak"),
        prom(
            'sum(rate(nadi_readings_total{outcome="rejected"}[5m])) / sum(rate(nadi_readings_total[5m]))',
            Text("refused", "ditolak"),
        ),
        unit="percentunit",
        low=0,
        steps=((None, GREEN), (0.01, RED)),
        note=Text(
            "What they said: nadi deadletters list, or nadi's page.",
            "Isinya: nadi deadletters list, atau halaman nadi.",
        ),
    ),
    table(
        Text("Refused since the books began", "Ditolak sejak pembukuan dimulai"),
        (now("sort_desc(sum by (reason) (nadi_rejects_total))"),),
        (
            column("Time", {"id": "custom.hidden", "value": True}),
            column("reason", title=Text("reason", "sebab")),
            column("Value", title=Text("readings", "bacaan")),
        ),
        width=8,
        empty=Text("nothing was refused", "tidak ada yang ditolak"),
    ),
)

STORES = (
    timeseries(
        Text("Lag of each store", "Ketertinggalan tiap penyimpanan"),
        prom("nadi_sink_lag_seconds", "{{sink}}"),
        unit="s",
        low=0,
        steps=((None, GREEN), (10, YELLOW), (60, RED)),
        note=Text("How old the oldest reading is that it does not have.", "Umur bacaan tertua yang belum dimilikinya."),
    ),
    timeseries(
        Text("Waiting readings", "Bacaan menunggu"),
        prom("nadi_sink_pending", "{{sink}}"),
        low=0,
    ),
    timeseries(
        Text("Delivered/s", "Terkirim/detik"),
        prom('sum by (sink, outcome) (rate(nadi_sink_points_total{outcome!="earlier"}[1m]))', "{{sink}} {{outcome}}"),
        low=0,
    ),
    timeseries(
        Text("Journal on disk", "Jurnal di cakram"),
        [
            prom("nadi_journal_bytes", Text("used", "terpakai")),
            prom("nadi_journal_max_bytes", Text("allowed", "batas")),
        ],
        unit="bytes",
        low=0,
        width=12,
    ),
    timeseries(
        Text("Journal in four hours, at this pace", "Jurnal dalam empat jam, dengan laju ini"),
        prom(
            "clamp_min(predict_linear(nadi_journal_bytes[30m], 4 * 3600), 0) / nadi_journal_max_bytes",
            Text("full", "penuh"),
        ),
        unit="percentunit",
        low=0,
        width=12,
        steps=((None, GREEN), (1, RED)),
    ),
)

BOOKS = (
    table(
        Text("Readings since the books began", "Bacaan sejak pembukuan dimulai"),
        (
            now("sum by (domain) (nadi_readings_total)"),
            now('sum by (domain) (nadi_readings_total{outcome="stored"})'),
            now('sum by (domain) (nadi_readings_total{outcome="duplicate"})'),
            now('sum by (domain) (nadi_readings_total{outcome="rejected"})'),
        ),
        (
            DOMAIN,
            column("Value #A", title=Text("received", "diterima")),
            column("Value #B", title=OUTCOMES["stored"]),
            column("Value #C", title=OUTCOMES["duplicate"]),
            column("Value #D", title=OUTCOMES["rejected"]),
            column("Time", {"id": "custom.hidden", "value": True}),
        ),
        width=12,
        empty="0",
        transformations=[{"id": "merge", "options": {}}],
    ),
    stat(
        Text("Books out of balance", "Selisih pembukuan"),
        prom(
            "abs(sum by (sink) (nadi_sink_points_total) + sum by (sink) (nadi_sink_pending) "
            '- on() group_left() sum(nadi_readings_total{outcome="stored"}))',
            "{{sink}}",
        ),
        width=4,
        height=8,
        decimals=0,
        steps=((None, GREEN), (1, RED)),
        note=Text(
            "Stored, less what each store has, waits for, dropped or refused: 0, always.",
            "Tersimpan dikurangi yang dimiliki, ditunggu, dibuang atau ditolak tiap penyimpanan: selalu 0.",
        ),
    ),
    timeseries(
        Text("Messages missing, by gateway", "Pesan hilang, per gateway"),
        prom("topk(10, nadi_gateway_missing)", "{{gateway}}"),
        low=0,
        decimals=0,
        note=Text("By the gateway's own counter (seq).", "Menurut penghitung gateway sendiri (seq)."),
    ),
    table(
        Text("Gateways", "Gateway"),
        (
            now("sum by (gateway) (nadi_gateway_readings_total)"),
            now('sum by (gateway) (nadi_gateway_readings_total{outcome="rejected"})'),
            now("sum by (gateway) (nadi_gateway_missing)"),
            now("sum by (gateway) (rate(nadi_gateway_readings_total[5m]))"),
        ),
        (
            column("gateway", title="gateway"),
            column("Value #A", title=Text("readings", "bacaan")),
            column("Value #B", title=OUTCOMES["rejected"]),
            column("Value #C", title=Text("missing messages", "pesan hilang")),
            column("Value #D", {"id": "decimals", "value": 2}, title=Text("readings/s", "bacaan/detik")),
            column("Time", {"id": "custom.hidden", "value": True}),
        ),
        width=16,
        empty="0",
        transformations=[{"id": "merge", "options": {}}],
    ),
    timeseries(
        Text("Open incidents", "Insiden terbuka"),
        prom("sum by (severity) (nadi_incidents_open)", "{{severity}}"),
        low=0,
        overrides=[
            column(name, {"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}, title=word)
            for name, (word, colour) in SEVERITIES.items()
        ],
        decimals=0,
        width=8,
    ),
)

OF_ROW = {name: f"${{__data.fields.{name}:percentencode}}" for name in ("city", "zone", "device")}

CLOCKS = (
    timeseries(
        Text("Clocks more than a minute off", "Jam yang meleset lebih dari satu menit"),
        prom("sum(nadi_device_clocks_off)", Text("devices", "alat")),
        low=0,
        decimals=0,
        steps=((None, GREEN), (1, YELLOW)),
        note=Text(
            "What these send stands at the wrong time, or is refused. Set their clocks (NTP).",
            "Data alat-alat ini tercatat pada waktu yang salah, atau ditolak. Setel jamnya (NTP).",
        ),
    ),
    table(
        Text("The worst of them", "Yang paling meleset"),
        (now('sort_desc(label_replace(nadi_device_clock_ahead_seconds, "code", "$1", "domain", "(.*)"))'),),
        (
            column("city", width=80),
            DOMAIN,
            column("zone", width=160),
            column("device", linked(link(OPEN_DEVICE, "nadi-device", domain=CODE, **OF_ROW))),
            column("Value", {"id": "unit", "value": "s"}, title=Text("ahead", "terlalu cepat"), width=130),
            *(column(name, HIDDEN) for name in ("Time", "__name__", "code", "instance", "job")),
        ),
        width=16,
        empty=Text("no clock is more than a minute off", "tidak ada jam yang meleset lebih dari satu menit"),
        note=Text(
            "Below 0: behind, or a device that only sends late.",
            "Di bawah 0: tertinggal, atau alat yang hanya terlambat mengirim.",
        ),
    ),
)

BOARD = Board(
    "pipeline",
    Text("Pipeline", "Jalur data"),
    (
        ("", STATE),
        (Text("Flow", "Aliran"), FLOW),
        (Text("Refused", "Ditolak"), REFUSED),
        (Text("Stores and journal", "Penyimpanan dan jurnal"), STORES),
        (Text("Books", "Pembukuan"), BOOKS),
        (Text("Clocks of devices", "Jam alat"), CLOCKS),
    ),
    (),
    since="now-3h",
    refresh="10s",
)
