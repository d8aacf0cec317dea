"""`cap`: the Common Alerting Protocol, version 1.2 (OASIS, 2010), for what happens in a disaster.

Each notice that changes something is a message of its own, a file `{identifier}.xml`; `feed.atom` lists the
newest. An update and a cancel name in `references` the first message and the one before. The status is
`Exercise` unless the settings name a person who answers for `Actual`: what is published under that is
acted upon.

| nadi | msgType |
|---|---|
| opened, escalated | Alert |
| raised, returned, acknowledged | Update |
| closed | Cancel, all clear |
| closed, for it is part of another incident; put-aside | Cancel, whose `note` says that this is no all clear |
| reminded | none: it says nothing new |

A Cancel and no Update for what was merged or put aside: nadi says no more of it under this name, and an Update
would stand for ever.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

from sinks.alerts import words
from sinks.alerts.channel import Told
from sinks.alerts.notice import Notice, Reference
from sinks.base import Refused, Unreachable, Written

CAP: Final = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM: Final = "http://www.w3.org/2005/Atom"
SHOWN: Final = 100
"""Messages in the feed."""
KEPT: Final = 10_000
"""Files; the oldest are deleted."""

_TYPES: Final = {
    "opened": "Alert",
    "escalated": "Alert",
    "test": "Alert",
    "raised": "Update",
    "returned": "Update",
    "acknowledged": "Update",
    "closed": "Cancel",
    "put-aside": "Cancel",
}
CATEGORIES: Final = {
    "river-stage": "Met",
    "flood-warning": "Met",
    "heavy-rain": "Met",
    "tide": "Met",
    "quake": "Geo",
    "landslide": "Geo",
    "air-quality": "Env",
}
"""Of what is published (`config.alerts.CAP_KINDS`): a sensor's fault or silence is no warning to the public. Met has
the floods (CAP 1.2, 3.2.2)."""
_SEVERITIES: Final = {"critical": "Severe", "warning": "Moderate", "info": "Minor"}
_NO_ALL_CLEAR: Final = {
    "merged": (
        "Pesan ini ditarik karena menjadi bagian dari insiden lain yang masih berlangsung; bukan tanda aman.",
        "Withdrawn because it is now part of another incident, which goes on; this is not an all clear.",
    ),
    "put-aside": (
        "Pesan ini ditarik karena disisihkan; keadaannya mungkin masih berlangsung, bukan tanda aman.",
        "Withdrawn because it was put away; the condition may go on, this is not an all clear.",
    ),
}


class _Outlook(NamedTuple):
    """What CAP asks the public to do, how soon, and how sure that is."""

    response: str
    urgency: str
    certainty: str


class CapChannel:
    refresh = 0
    age = 0

    def __init__(
        self,
        folder: Path,
        sender: str,
        status: str,
        authorised_by: str | None,
        language: Literal["id", "en"],
        zone: str,
        title: Callable[[Notice], str],
        place: Callable[[Notice], str],
    ) -> None:
        """sender: a domain name or address without spaces. zone: a time zone's name, of the times in messages."""
        self.folder = folder
        self.sender = sender
        self.status = status if status != "Actual" or authorised_by else "Exercise"
        self.authorised_by = authorised_by
        self.language = language
        self.zone = ZoneInfo(zone)
        self.title = title
        self.place = place

    async def open(self) -> None:
        """The folder is made with the first message."""

    async def close(self) -> None:
        """Nothing is held open."""

    async def send(self, notice: Notice) -> Told:
        if notice.kind not in CATEGORIES and notice.event != "test":
            return Refused(f"CAP is for disasters, not for {notice.kind}")
        if notice.event not in _TYPES:
            return Written()
        return await asyncio.to_thread(self._write, notice)

    def _write(self, notice: Notice) -> Told:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _replace(self.folder / f"{identifier(notice.id)}.xml", _bytes(self.message(notice)))
            _replace(self.folder / "feed.atom", _bytes(self._feed()))
        except OSError as error:
            return Unreachable(f"{self.folder}: {error.strerror or error}")
        return Written()

    def message(self, notice: Notice) -> ET.Element:
        alert = ET.Element("alert", xmlns=CAP)
        kind = "Test" if notice.event == "test" else self.status
        _add(alert, "identifier", identifier(notice.id))
        _add(alert, "sender", self.sender)
        _add(alert, "sent", self._time(notice.time))
        _add(alert, "status", kind)
        _add(alert, "msgType", _TYPES[notice.event])
        _add(alert, "scope", "Public")
        _add(alert, "code", f"nadi:{notice.incident}")
        notes = [self.authorised_by if kind == "Actual" else None, self._no_all_clear(notice)]
        if any(notes):
            _add(alert, "note", " ".join(filter(None, notes)))
        earlier = dict.fromkeys(each for each in (notice.first, notice.previous) if each is not None)
        if _TYPES[notice.event] != "Alert" and earlier:
            _add(alert, "references", " ".join(map(self._reference, earlier)))
        alert.append(self._info(notice))
        return alert

    def _info(self, notice: Notice) -> ET.Element:
        info = ET.Element("info")
        outlook = _outlook(notice)
        _add(info, "language", {"id": "id-ID", "en": "en-US"}[self.language])
        _add(info, "category", CATEGORIES.get(notice.kind, "Other"))
        _add(info, "event", words.said(words.KINDS, notice.kind, self.language))
        _add(info, "responseType", outlook.response)
        _add(info, "urgency", outlook.urgency)
        _add(info, "severity", _SEVERITIES[notice.severity])
        _add(info, "certainty", outlook.certainty)
        code = ET.SubElement(info, "eventCode")
        _add(code, "valueName", "nadi:kind")
        _add(code, "value", notice.kind)
        _add(info, "onset", self._time(notice.opened))
        _add(info, "senderName", "nadi")
        _add(info, "headline", self.title(notice)[:160])
        _add(info, "description", notice.reason)
        parameter = ET.SubElement(info, "parameter")
        _add(parameter, "valueName", "nadi:members")
        _add(parameter, "value", str(notice.members))
        area = ET.SubElement(info, "area")
        _add(area, "areaDesc", self.place(notice))
        return info

    def _no_all_clear(self, notice: Notice) -> str | None:
        why = _NO_ALL_CLEAR.get("merged" if notice.merged else notice.event)
        return why[self.language == "en"] if why else None

    def _reference(self, earlier: Reference) -> str:
        return f"{self.sender},{identifier(earlier.id)},{self._time(earlier.time)}"

    def _time(self, time: int) -> str:
        """With an offset, and whole seconds: CAP allows neither `Z` nor fractions."""
        return datetime.fromtimestamp(time // 1000, UTC).astimezone(self.zone).isoformat(timespec="seconds")

    def _feed(self) -> ET.Element:
        feed = ET.Element("feed", xmlns=ATOM)
        entries: list[ET.Element] = []
        for number, path in enumerate(self._newest()):
            full = len(entries) == SHOWN
            if (full and number < KEPT) or (alert := self._own(path)) is None:
                continue
            if full:
                path.unlink(missing_ok=True)
            else:
                entries.append(self._entry(path, alert))
        _add(feed, "id", f"tag:{self.sender},2026:nadi")
        _add(feed, "title", f"nadi {self.sender}")
        _add(feed, "updated", max((entry.findtext("updated") or "" for entry in entries), default=""))
        author = ET.SubElement(feed, "author")
        _add(author, "name", self.sender)
        feed.extend(entries)
        return feed

    def _newest(self) -> list[Path]:
        files = [path for path in self.folder.glob("*.xml") if path.is_file()]
        return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)

    def _own(self, path: Path) -> ET.Element | None:
        """A message of this sender; others may keep files here too, of any kind."""
        try:
            alert = ET.parse(path).getroot()  # noqa: S314 - a folder that only those write whom its owner lets
        except (ET.ParseError, ValueError, OSError):
            return None
        own = (path.stem, self.sender) == tuple(alert.findtext(f"{{{CAP}}}{name}") for name in ("identifier", "sender"))
        return alert if own and alert.tag == f"{{{CAP}}}alert" else None

    def _entry(self, path: Path, alert: ET.Element) -> ET.Element:
        entry = ET.Element("entry")
        _add(entry, "id", f"tag:{self.sender},2026:{path.stem}")
        _add(entry, "title", alert.findtext(f".//{{{CAP}}}headline") or path.stem)
        _add(entry, "updated", alert.findtext(f"{{{CAP}}}sent") or "")
        _add(entry, "summary", alert.findtext(f".//{{{CAP}}}description") or "")
        ET.SubElement(entry, "link", rel="alternate", type="application/cap+xml", href=path.name)
        return entry


def _outlook(notice: Notice) -> _Outlook:
    if notice.merged or notice.event == "put-aside":
        return _Outlook("Monitor", "Unknown", "Unknown")
    likely = notice.kind == "flood-warning"
    certainty = "Likely" if likely else "Observed"
    if notice.event in ("closed", "returned"):
        return _Outlook("AllClear", "Past", certainty)
    return _Outlook("Monitor", "Expected" if likely else "Immediate", certainty)


def identifier(notice: str) -> str:
    """What may stand in an identifier: no spaces, commas, < or & (CAP 1.2, 3.2.1), and in a file's name."""
    return re.sub(r"[^\w.:-]", "_", notice, flags=re.ASCII)


def _add(parent: ET.Element, name: str, text: str) -> None:
    # XML has no way to write most control characters.
    ET.SubElement(parent, name).text = re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text)


def _bytes(root: ET.Element) -> bytes:
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _replace(path: Path, content: bytes) -> None:
    """Whole or not at all: others read these files at any time."""
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
