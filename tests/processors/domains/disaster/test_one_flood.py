"""One flood: each place where it is high asks for people anew, and those below are warned meanwhile, once."""

from config.thresholds import load_thresholds
from journal.entries import TickEntry
from processors.base import Outputs
from processors.detector import Detector
from processors.domains.disaster import DisasterAnalytics
from processors.incidents import IncidentsProcessor
from telemetry.sensors import Sensor, SensorTable
from telemetry.series import Identity, SeriesTable
from tests.processors.domains.disaster.kit import HOUR, MINUTE, T0, readings

POSTS = (("3271", "katulampa", 80.0), ("3276", "depok", 200.0))


def flooded(minute: int) -> tuple[float, float]:
    """Levels of both: Katulampa high from minute 60 to 120, Depok three hours later."""
    first = 40.0 + 2.0 * min(max(minute - 30, 0), 60) * (minute < 150)
    later = 110.0 + 2.5 * min(max(minute - 210, 0), 60) * (minute < 330)
    return first, later


def test_stages_are_told_where_they_are_and_the_wave_between_them_once() -> None:
    table = SeriesTable()
    identities = [Identity(city, "disaster", "post", device, "river_level") for city, device, _ in POSTS]
    for identity in identities:
        table.intern(identity)
    known = [Sensor(identity, high=high) for identity, (_, _, high) in zip(identities, POSTS, strict=True)]
    sensors = SensorTable(table, known)
    incidents = IncidentsProcessor(table, "en")
    analytics = DisasterAnalytics(table, sensors, load_thresholds(None), MINUTE, "en")
    chain = (Detector(sensors, on="off"), analytics, incidents)
    for minute in range(12 * 60):
        out, time = Outputs(), minute * MINUTE
        batch = readings([(number, time, level) for number, level in enumerate(flooded(minute))])
        for processor in chain:
            processor.process(batch, out)
        for processor in chain:
            processor.tick(TickEntry(T0 + time, T0), out)
    first, warning, second = sorted(incidents.listing(), key=lambda incident: int(incident["since"]))
    assert [each["kind"] for each in (first, warning, second)] == ["river-stage", "flood-warning", "river-stage"]
    assert {each["cause"] for each in (first, warning, second)} == {"Ciliwung"}
    assert {each["state"] for each in (first, warning, second)} == {"returned"}
    assert warning["since"] - first["since"] < HOUR < second["since"] - warning["since"]
    assert 5 * HOUR < warning["ended"] - T0 < 8 * HOUR
    assert (first["severity"], warning["severity"], second["severity"]) == ("critical", "critical", "warning")
    assert {kind["kind"] for each in (first, second) for kind in each["evidence"]} <= {"limit"}
