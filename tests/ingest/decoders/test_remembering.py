"""The two bounds on what decoders remember: records in memory, and things in hand."""

from __future__ import annotations

from ingest.decoders.recent import Recent
from ingest.decoders.shelf import Shelf
from ingest.decoders.table import Forgetful


def test_a_record_is_found_after_a_restart() -> None:
    memory = Forgetful()
    Shelf(memory, "x", 100).put("a", b"1")
    assert Shelf(memory, "x", 100).get("a") == b"1"
    assert Shelf(memory, "y", 100).get("a") is None


def test_the_shelf_keeps_its_limit_and_the_newcomers_across_restarts() -> None:
    memory = Forgetful()
    gone: list[str] = []
    for number in range(1000):
        shelf = Shelf(memory, "x", 128, gone.append)
        shelf.put(f"n{number}", b"1")
    kept = [number for number in range(1000) if shelf.get(f"n{number}") is not None]
    assert len(kept) <= 128
    assert kept[-1] == 999
    assert len(gone) + len(kept) == 1000


def test_a_record_that_is_written_again_pushes_nobody_out() -> None:
    memory = Forgetful()
    gone: list[str] = []
    shelf = Shelf(memory, "x", 1, gone.append)
    for number in range(10):
        shelf.put("a", b"%d" % number)
    assert (shelf.get("a"), gone) == (b"9", [])


def test_a_dropped_record_leaves_nothing() -> None:
    memory = Forgetful()
    gone: list[str] = []
    shelf = Shelf(memory, "x", 64, gone.append)
    shelf.put("a", b"1")
    shelf.drop("a")
    shelf.drop("never there")
    assert ([key for key in memory.facts if "#" not in key], gone) == ([], ["a"])
    shelf.put("a", b"2")
    assert Shelf(memory, "x", 64).get("a") == b"2"


def test_two_shelves_in_one_memory_lose_no_name() -> None:
    """As when two rules of the settings name the same format."""
    memory = Forgetful()
    one, other = Shelf(memory, "x", 64), Shelf(memory, "x", 64)
    for number in range(500):
        (one if number % 2 else other).put(f"n{number}", b"1")
    assert len([key for key in memory.facts if "#" not in key]) <= 64


def test_the_least_recently_used_goes_first() -> None:
    recent: Recent[str] = Recent(10)
    recent.put("a", "A", 4)
    recent.put("b", "B", 4)
    assert recent.get("a") == "A"
    recent.put("c", "C", 4)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == ("A", None, "C")


def test_weights_may_change_and_the_thing_in_use_stays() -> None:
    recent: Recent[str] = Recent(10)
    recent.put("a", "A", 1)
    recent.put("b", "B", 1)
    recent.put("b", "B", 50)
    assert (recent.get("a"), recent.get("b")) == (None, "B")
    assert recent.pop("b") == "B"
    assert recent.pop("b") is None
    recent.put("c", "C", 10)
    assert recent.get("c") == "C"
