"""What a broker passes on, topic by topic: which formats it is, and the settings that would take it in.

A topic's format is the one that most of its messages decode as without a refusal, readings counting before
none. Topics of one format are told together: under the format's usual filter, or with `+` where they differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from config.formats import NEED_TOPICS
from ingest.admission import OUT, ROOT
from ingest.decoders.base import Decoded, Decoder, Message
from ingest.decoders.table import FORMATS, Forgetful, Options
from ingest.mapping.table import candidates
from ingest.packing import PackingFault, unpack
from ingest.rules import fits
from telemetry.units import CANONICAL

NATIVE, UNKNOWN = "native", "unknown"
MAX_TOPICS: Final = 50_000
MAX_SENSORS: Final = 10_000
"""Of one row."""
_LARGEST: Final = 10_000_000
_EXAMPLES: Final = 3
_LABELS: Final = ("application", "group", "site", "room")
"""What a zone may be called by, the likeliest first."""


@dataclass(slots=True)
class _Topic:
    messages: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    """Points: a message that decodes is one, with readings a thousand."""
    example: bytes = b""


@dataclass(slots=True)
class Row:
    """Topics of one format that one filter takes."""

    form: str
    filter: str
    topics: int = 0
    messages: int = 0
    sensors: set[str] = field(default_factory=set)
    examples: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Findings:
    """What decoding brought of one format on one topic."""

    sensors: set[str] = field(default_factory=set)
    examples: dict[str, str] = field(default_factory=dict)
    domains: Counter[str] = field(default_factory=Counter)
    labels: set[str] = field(default_factory=set)


class Sniffer:
    """Takes messages, and says what they are."""

    def __init__(self) -> None:
        self.messages = 0
        self.forgotten = 0
        """Messages on topics beyond MAX_TOPICS."""
        self._topics: dict[str, _Topic] = {}
        self._found: dict[tuple[str, str], _Findings] = {}
        self._decoders: dict[str, Decoder] = {
            form: line.make(Options(memory=Forgetful())) for form, line in FORMATS.items() if form != "json"
        }

    def take(self, message: Message) -> None:
        """Note one message. nadi's own answers are left out."""
        if message.topic.encode("utf-8", "replace").startswith(OUT):
            return
        self.messages += 1
        topic = self._topics.get(message.topic)
        if topic is None:
            if len(self._topics) >= MAX_TOPICS:
                self.forgotten += 1
                return
            topic = self._topics[message.topic] = _Topic(example=message.payload[:200])
        topic.messages += 1
        if message.topic.startswith(f"{ROOT}/"):
            topic.forms[NATIVE] += 1
            return
        try:
            message = message._replace(payload=unpack(message.payload, _LARGEST))
        except PackingFault:
            return
        for form, decoder in self._decoders.items():
            if FORMATS[form].looks_like(message):
                self._note(form, message.topic, topic, decoder.decode(message))

    def _note(self, form: str, name: str, topic: _Topic, decoded: Decoded) -> None:
        if decoded.refused:
            return
        topic.forms[form] += 1000 if decoded.readings else 1
        found = self._found.setdefault((form, name), _Findings())
        found.labels |= decoded.labels.keys()
        for sensor, quantity, value, unit, _ in decoded.readings:
            if len(found.sensors) < MAX_SENSORS:
                found.sensors.add(sensor)
            if len(found.examples) < _EXAMPLES:
                found.examples.setdefault(quantity, f"{sensor} {quantity} = {value:g} {unit or ''}".rstrip())
            for known in candidates(None, quantity)[:1]:
                domains = [domain for domain, canonical in CANONICAL if canonical == known.quantity]
                if len(domains) == 1:
                    found.domains[domains[0]] += 1

    def form_of(self, name: str) -> str:
        """The format of a topic; `unknown` for none that nadi reads."""
        forms = self._topics[name].forms
        order = [NATIVE, *FORMATS]
        return max(forms, key=lambda form: (forms[form], -order.index(form))) if forms else UNKNOWN

    def rows(self) -> list[Row]:
        """Formats and filters, those with the most messages first."""
        by_form: dict[str, list[str]] = {}
        for name in self._topics:
            by_form.setdefault(self.form_of(name), []).append(name)
        found: dict[tuple[str, str], Row] = {}
        for form, names in by_form.items():
            for name, wanted in _filters(form, names):
                row = found.setdefault((form, wanted), Row(form, wanted))
                self._add(row, name)
        return sorted(found.values(), key=lambda row: -row.messages)

    def _add(self, row: Row, name: str) -> None:
        topic = self._topics[name]
        row.topics += 1
        row.messages += topic.messages
        findings = self._found.get((row.form, name))
        if findings is not None:
            row.sensors |= findings.sensors
            row.examples += list(findings.examples.values())[: _EXAMPLES - len(row.examples)]
        elif row.form == UNKNOWN and not row.examples:
            row.examples.append(repr(topic.example[:60])[1:])

    def settings(self, city: str) -> dict[str, Any]:
        """`decoders` for all that is not nadi's own: valid as it stands, with places and domains to be looked over."""
        rules: list[dict[str, Any]] = []
        rows = self.rows()
        for form in (form for form in FORMATS if any(row.form == form for row in rows)):
            wanted = sorted({row.filter for row in rows if row.form == form})
            rule: dict[str, Any] = {"format": form}
            if form in NEED_TOPICS or not set(wanted) <= set(FORMATS[form].topics):
                rule["topics"] = wanted
            findings = [found for (of, _), found in self._found.items() if of == form]
            rules.append(rule | {"city": city, "domain": _domain(findings)} | _zone(findings))
        # A rule with topics of its own is the narrower one, and the first that fits has the message.
        return {"decoders": sorted(rules, key=lambda rule: "topics" not in rule)}


def _domain(findings: Sequence[_Findings]) -> str:
    """The one that has most of the quantities; water where no quantity says."""
    domains: Counter[str] = Counter()
    for found in findings:
        domains.update(found.domains)
    return domains.most_common(1)[0][0] if domains else "water"


def _zone(findings: Sequence[_Findings]) -> dict[str, str]:
    labels = {label for found in findings for label in found.labels}
    label = next((label for label in _LABELS if label in labels), None)
    return {"zone": f"{{{label}}}"} if label else {}


def _filters(form: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each topic with the filter under which it is told."""
    usual = FORMATS[form].topics if form in FORMATS else ()
    rest: dict[tuple[str, int], list[str]] = {}
    for name in names:
        levels = name.split("/")
        wanted = next((each for each in usual if fits(each.split("/"), levels)), None)
        if wanted is not None:
            yield name, wanted
        else:
            # The first level that says anything must be the same, or a rule would take half the broker.
            first = levels[0] or "/".join(levels[:2])
            rest.setdefault((first, len(levels)), []).append(name)
    for alike in rest.values():
        columns = zip(*(name.split("/") for name in alike), strict=True)
        wanted = "/".join(column[0] if len(set(column)) == 1 else "+" for column in columns)
        for name in alike:
            yield name, wanted
