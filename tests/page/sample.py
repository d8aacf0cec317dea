"""A status as nadi tells it, of a made-up city that moves a little with every question."""

from __future__ import annotations

import math
import time
from typing import Any

from telemetry.units import CANONICAL

READINGS = {
    "water": [
        ("keputih", "meter-07", "flow", 42.6),
        ("keputih", "logger-02", "pressure", 287.0),
        ("rungkut", "tank-01", "level", 3.42),
        ("ngagel", "ipam-1", "turbidity", 0.74),
        ("ngagel", "ipam-1", "chlorine", 0.36),
        ("rungkut", "meter-11", "flow", 18.3),
    ],
    "energy": [
        ("wonokromo", "feeder-03", "power", 1284.0),
        ("wonokromo", "feeder-03", "voltage", 219.4),
        ("gubeng", "feeder-09", "frequency", 49.98),
        ("gubeng", "feeder-09", "current", 412.0),
        ("gubeng", "meter-12", "energy", 88214.5),
    ],
    "waste": [
        ("genteng", "bin-118", "fill", 73.0),
        ("genteng", "bin-118", "temperature", 32.4),
        ("tegalsari", "bin-204", "fill", 41.0),
        ("tegalsari", "bin-204", "weight", 186.0),
        ("tegalsari", "bin-205", "tilt", 1.2),
    ],
    "disaster": [
        ("wonokromo", "river-01", "river_level", 182.0),
        ("wonokromo", "rain-01", "rainfall", 0.4),
        ("kenjeran", "tide-01", "tide", 121.0),
        ("gubeng", "air-02", "pm25", 38.2),
        ("lakarsantri", "slope-01", "soil_moisture", 61.0),
    ],
}


def _anomaly(ago_s: float, domain: str, place: tuple[str, str, str], severity: str, reason: str, **numbers: Any) -> Any:
    zone, device, quantity = place
    return {
        "time": int((time.time() - ago_s) * 1000),
        "domain": domain,
        "zone": zone,
        "device": device,
        "quantity": quantity,
        "detector": "robust_z",
        "severity": severity,
        "value": None,
        "baseline": None,
        "low": None,
        "high": None,
        "score": 6.2,
        **numbers,
        "reason": reason,
    }


def anomalies() -> list[Any]:
    return [
        _anomaly(
            42,
            "water",
            ("keputih", "meter-07", "flow"),
            "critical",
            "Debit 96,4 L/s jauh di atas kebiasaan jam ini (31 sampai 52 L/s); tekanan di zona yang sama turun 38 kPa.",
            value=96.4,
            low=31.0,
            high=52.0,
        ),
        _anomaly(
            190,
            "disaster",
            ("wonokromo", "river-01", "river_level"),
            "warning",
            "Muka sungai 182 cm, di atas batas 150 cm, dan naik 24 cm dalam setengah jam.",
            value=182.0,
            high=150.0,
        ),
        _anomaly(
            610,
            "waste",
            ("genteng", "bin-118", "temperature"),
            "warning",
            "Suhu tempat sampah 58,1 °C; biasanya 27 sampai 36 °C.",
            value=58.1,
            low=27.0,
            high=36.0,
        ),
        _anomaly(
            3100,
            "energy",
            ("wonokromo", "feeder-03", "voltage"),
            "info",
            "Tegangan 203,8 V, rendah untuk penyulang ini (212 sampai 226 V).",
            value=203.8,
            low=212.0,
            high=226.0,
        ),
    ]


def status(step: int = 0, **changes: Any) -> dict[str, Any]:
    """The answer to the question number `step`; `changes` replace its keys."""
    now = int(time.time() * 1000)
    domains = {}
    for number, (domain, rows) in enumerate(READINGS.items()):
        latest = [
            {
                "zone": zone,
                "device": device,
                "quantity": quantity,
                "unit": CANONICAL[domain, quantity],
                "value": level * (1 + 0.03 * math.sin(step / 5 + place + number) + 0.004 * ((step * 7 + place) % 5)),
                "time": now - 1500 * place - step % 2,
            }
            for place, (zone, device, quantity, level) in enumerate(rows)
        ]
        rate = (412.0, 268.5, 61.2, 148.0)[number] * (1 + 0.08 * math.sin(step / 4 + number))
        domains[domain] = {
            "readings_total": 1_204_551 + int(rate) * step,
            "stored_total": 1_203_900 + int(rate) * step,
            "duplicate_total": 511,
            "rejected_total": 140,
            "windows_total": 48_220,
            "anomalies_total": 12,
            "rate": round(rate, 1),
            "devices": (3120, 1804, 655, 212)[number],
            "completeness": (99.2, 98.7, 93.1, 99.6)[number],
            "latest": latest,
        }
    sink = {"delivered": 4_810_332, "pending": 1800, "dropped": 0, "quarantined": 0, "lag_s": 0.42, "last_error": None}
    return {
        "now": now,
        "version": "0.1.0",
        "city": "3578",
        "ready": True,
        "problems": [],
        "uptime_s": 266_400.0 + step,
        "series": 14_211,
        "messages_total": 4_812_040 + 890 * step,
        "late_total": 2210,
        "rejects": {"future": 310, "json": 142, "unit": 88, "rate": 20},
        "domains": domains,
        "anomalies": anomalies(),
        "mqtt": {"connected": True, "connected_since": now - 9_000_000, "session_lost": False, "reason": ""},
        "journal": {
            "bytes": 1_840_000_000,
            "max_bytes": 20_000_000_000,
            "commits": 91_223,
            "lag_s": 0.0,
            "reports": [],
        },
        "sinks": {"influx": sink, "historian": sink | {"lag_s": 0.9}},
        "end_to_end": {"p50_s": 0.25, "p99_s": 1.0},
    } | changes


def quiet(step: int = 0) -> dict[str, Any]:
    """A city in which all is well."""
    return status(step, anomalies=anomalies()[3:], rejects={})


def blind(step: int = 0) -> dict[str, Any]:
    """The broker is gone and a store is behind."""
    made = status(
        step,
        ready=False,
        problems=["mqtt: connection refused", "sink influx: can't be reached: connection refused"],
        mqtt={"connected": False, "connected_since": 0, "session_lost": False, "reason": "connection refused"},
    )
    made["sinks"]["influx"] = made["sinks"]["influx"] | {
        "lag_s": 340.0,
        "pending": 284_000,
        "last_error": "connection refused",
    }
    return made


def empty(step: int = 0) -> dict[str, Any]:
    """Just started: nothing has come yet."""
    made = status(step, anomalies=[], rejects={}, messages_total=0, late_total=0, city=None, sinks={}, uptime_s=4.0)
    for numbers in made["domains"].values():
        numbers.update({key: 0 for key in numbers if key.endswith("_total")})
        numbers |= {"rate": 0.0, "devices": 0, "completeness": None, "latest": []}
    made["end_to_end"] = {"p50_s": None, "p99_s": None}
    return made


def hostile(step: int = 0) -> dict[str, Any]:
    """Names and reasons that try to become markup."""
    evil = "<img src=x onerror=document.title='owned'>"
    made = status(step, city=evil, problems=[evil], ready=False, rejects={evil: 3})
    made["anomalies"] = [_anomaly(1, "water", (evil, evil, evil), "critical", evil, value=1.0, low=0.0, high=2.0)]
    made["domains"]["water"]["latest"] = [
        {"zone": evil, "device": evil, "quantity": evil, "unit": evil, "value": 1.0, "time": made["now"]}
    ]
    return made
