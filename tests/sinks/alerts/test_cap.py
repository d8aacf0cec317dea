"""CAP 1.2 as its specification's section 3.2 lists elements: their order, number and words.

Source: Common Alerting Protocol Version 1.2, OASIS Standard, 1 July 2010, sections 3.2 and 3.4."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sinks.alerts.cap import ATOM, CAP, CapChannel
from sinks.alerts.notice import Event, Notice, Reference
from sinks.base import Refused, Unreachable, Written
from tests.sinks.alerts.kit import FIRST, MINUTE, T0, notice

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d"
NAME = r"[^\s,<&]+"
Element = tuple[str, int, int | None, str]
"""Name, least and most of it, its content as a regular expression."""
ALERT: Sequence[Element] = (
    ("identifier", 1, 1, NAME),
    ("sender", 1, 1, NAME),
    ("sent", 1, 1, TIME),
    ("status", 1, 1, "Actual|Exercise|System|Test|Draft"),
    ("msgType", 1, 1, "Alert|Update|Cancel|Ack|Error"),
    ("source", 0, 1, ".*"),
    ("scope", 1, 1, "Public|Restricted|Private"),
    ("restriction", 0, 1, ".*"),
    ("addresses", 0, 1, ".*"),
    ("code", 0, None, ".*"),
    ("note", 0, 1, ".*"),
    ("references", 0, 1, rf"{NAME},{NAME},{TIME}( {NAME},{NAME},{TIME})*"),
    ("incidents", 0, 1, ".*"),
    ("info", 0, None, ""),
)
INFO: Sequence[Element] = (
    ("language", 0, 1, r"[a-z]{2}(-[A-Z]{2})?"),
    ("category", 1, None, "Geo|Met|Safety|Security|Rescue|Fire|Health|Env|Transport|Infra|CBRNE|Other"),
    ("event", 1, 1, ".+"),
    ("responseType", 0, None, "Shelter|Evacuate|Prepare|Execute|Avoid|Monitor|Assess|AllClear|None"),
    ("urgency", 1, 1, "Immediate|Expected|Future|Past|Unknown"),
    ("severity", 1, 1, "Extreme|Severe|Moderate|Minor|Unknown"),
    ("certainty", 1, 1, "Observed|Likely|Possible|Unlikely|Unknown"),
    ("audience", 0, 1, ".*"),
    ("eventCode", 0, None, ""),
    ("effective", 0, 1, TIME),
    ("onset", 0, 1, TIME),
    ("expires", 0, 1, TIME),
    ("senderName", 0, 1, ".*"),
    ("headline", 0, 1, ".*"),
    ("description", 0, 1, ".*"),
    ("instruction", 0, 1, ".*"),
    ("web", 0, 1, ".*"),
    ("contact", 0, 1, ".*"),
    ("parameter", 0, None, ""),
    ("resource", 0, None, ""),
    ("area", 0, None, ""),
)
PARAMETER: Sequence[Element] = (("valueName", 1, 1, ".+"), ("value", 1, 1, ".*"))
AREA: Sequence[Element] = (
    ("areaDesc", 1, 1, ".+"),
    ("polygon", 0, None, ".*"),
    ("circle", 0, None, ".*"),
    ("geocode", 0, None, ""),
    ("altitude", 0, 1, ".*"),
    ("ceiling", 0, 1, ".*"),
)
INNER = {"info": INFO, "parameter": PARAMETER, "area": AREA}


def check(element: ET.Element, wanted: Sequence[Element]) -> None:
    names = [child.tag for child in element]
    allowed = [f"{{{CAP}}}{name}" for name, _, _, _ in wanted]
    assert names == sorted(names, key=allowed.index), names
    for name, least, most, content in wanted:
        found = element.findall(f"{{{CAP}}}{name}")
        assert least <= len(found) <= (most if most is not None else len(found)), name
        for each in found:
            if name in INNER:
                check(each, INNER[name])
            else:
                assert re.fullmatch(content, each.text or "", re.DOTALL), (name, each.text)


def made(folder: Path, **keys: Any) -> CapChannel:
    plain: dict[str, Any] = {"sender": "bpbd.example.go.id", "status": "Exercise", "authorised_by": None}
    plain |= {"language": "id", "zone": "Asia/Jakarta", "title": lambda each: f"Insiden: {each.kind}"}
    return CapChannel(folder, **plain | keys)


def files(folder: Path) -> list[str]:
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
    root = await sent(made(tmp_path), notice(event=event, kind=kind, first=FIRST, previous=FIRST))
    assert root.tag == f"{{{CAP}}}alert"
    check(root, ALERT)


async def test_an_alert_says_what_where_and_since_when_on_the_citys_clock(tmp_path: Path) -> None:
    root = await sent(made(tmp_path), notice())
    assert text(root, "sent") == "2025-11-22T07:00:00+07:00"
    assert text(root, "onset") == "2025-11-22T06:59:00+07:00"
    assert (text(root, "status"), text(root, "msgType")) == ("Exercise", "Alert")
    assert text(root, "description") == "Siaga 1: 950 cm <naik> & terus"
    assert text(root, "areaDesc") == "Manggarai, 3578"
    assert text(root, "severity") == "Severe"
    assert root.find(f"{{{CAP}}}references") is None


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


async def test_only_disasters_are_told_and_reminders_are_no_messages(tmp_path: Path) -> None:
    assert isinstance(await made(tmp_path).send(notice(domain="water", kind="burst")), Refused)
    assert isinstance(await made(tmp_path).send(notice(event="reminded")), Written)
    assert files(tmp_path) == []


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
    assert files(tmp_path) == [".._.._etc_pass_wd___.xml", "feed.atom"]


async def test_a_folder_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert isinstance(await made(tmp_path / "file" / "cap").send(notice()), Unreachable)
