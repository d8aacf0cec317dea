"""A roster picks its domain's series, and counts zones and devices as they come."""

from processors.domains.roster import NOT_OURS, Roster
from telemetry.series import Identity, SeriesTable


def identity(domain: str, zone: str, device: str, quantity: str) -> Identity:
    return Identity("3578", domain, zone, device, quantity)


def test_only_the_wanted_series_get_slots() -> None:
    table = SeriesTable()
    roster = Roster(table, "water", ("flow", "pressure"))
    assert not roster.sync()
    for one in (
        identity("energy", "A", "m1", "flow"),
        identity("water", "A", "m1", "pressure"),
        identity("water", "A", "m1", "volume"),
        identity("water", "B", "m1", "flow"),
        identity("water", "A", "m1", "flow"),
    ):
        table.intern(one)
    assert roster.sync()
    assert roster.slot.tolist() == [NOT_OURS, 0, NOT_OURS, 1, 2]
    assert roster.series.tolist() == [1, 3, 4]
    assert [roster.quantities[number] for number in roster.quantity] == ["pressure", "flow", "flow"]
    assert roster.zones == [("3578", "water", "A"), ("3578", "water", "B")]
    assert roster.device.tolist() == [0, 1, 0]
    assert roster.device_zone.tolist() == [0, 1]
    assert roster.slot_of(0, "flow") == 2
    assert roster.slot_of(1, "pressure") == NOT_OURS


def test_growth_keeps_what_was_there() -> None:
    table, at_once = SeriesTable(), SeriesTable()
    roster = Roster(table, "waste", ("fill",))
    for number in range(50):
        for one in (table, at_once):
            one.intern(identity("waste", f"z{number % 7}", f"bin-{number % 20}", "fill" if number % 3 else "tilt"))
        roster.sync()
    whole = Roster(at_once, "waste", ("fill",))
    whole.sync()
    for name in ("slot", "series", "quantity", "zone", "device", "device_zone", "zones", "devices"):
        assert list(getattr(roster, name)) == list(getattr(whole, name))
