"""The report as one HTML page that holds all it shows: no script, and no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from importlib.resources import files
from typing import Final

from pipeline.reporting.model import Figure, Report
from pipeline.reporting.picture import Plot, courses, squares, stacked
from pipeline.reporting.words import DOMAINS, TARGETS, WORSE, Words
from telemetry.indicators import INDICATORS, TABLE, added

COLOURS: Final = {"water": "#0b6a9f", "energy": "#a86400", "waste": "#3f7d33", "disaster": "#a5392f", "*": "#5d4d90"}
ISPU: Final = {
    "ispu-good-days": "#3f9a4b",
    "ispu-moderate-days": "#3b78c3",
    "ispu-unhealthy-days": "#e0b400",
    "ispu-very-unhealthy-days": "#cf3b34",
    "ispu-dangerous-days": "#2b2b2b",
}
"""Green, blue, yellow, red, black: the colours of Permen LHK 14/2020."""
STAGES: Final = {"siaga-3-hours": "#e7c14d", "siaga-2-hours": "#e2812f", "siaga-1-hours": "#b3261e"}
_GROUPED: Final = frozenset((*ISPU, *STAGES))
_HEADLINES: Final = {
    "water": ("pressure-compliance", "quality-compliance", "interruption", "non-revenue-water"),
    "energy": ("saidi", "saifi", "voltage-compliance"),
    "waste": ("collection-punctuality", "overflowing-hours"),
    "disaster": ("warning-lead-time",),
    "*": ("alarm-rate",),
}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, words: Words, made: date, name: str = "") -> str:
    """A document. made: today. name: what people call the place, "" where only its code is known."""
    return _Page(report, words).whole(made, name)


class _Page:
    def __init__(self, report: Report, words: Words) -> None:
        self.report, self.words = report, words
        self.domains = report.domains(DOMAINS)
        self.month = words.month(*report.month)

    def whole(self, made: date, name: str) -> str:
        say = self.words.say
        code = say("province" if self.report.is_province else "city", place=self.report.place)
        title = f"{name or code} · {self.month}"
        parts = [self._head(title, name, code, made), self._summary(), *map(self._domain, self.domains)]
        style = files("pipeline.reporting").joinpath("report.css").read_text("utf-8")
        return (
            f'<!doctype html>\n<html lang="{self.words.language}"><head><meta charset="utf-8">'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(say('title'))} · {escape(title)}</title><style>{style}</style></head>"
            f"<body><main>{''.join(parts)}{self._missing()}{self._method()}</main></body></html>\n"
        )

    def _head(self, title: str, name: str, code: str, made: date) -> str:
        say, report = self.words.say, self.report
        days = say("days", first=1, last=report.last, month=self.month)
        when = f"{made.day} {self.words.month(made.year, made.month)}"
        where = f"{code} · {days}" if name else days
        return (
            f'<header><p class="kind">{escape(say("title"))}</p><h1>{escape(title)}</h1>'
            f'<p class="quiet">{escape(where)} · {escape(say("made", when=when))}</p></header>'
        )

    def _summary(self) -> str:
        cards = []
        for domain in self.domains:
            known = [name for name in _HEADLINES[domain] if self.report.total(domain, name) is not None]
            cards += [self._card(domain, name) for name in known]
        cards.append(self._trust())
        return (
            f"<section><h2>{escape(self.words.say('summary'))}</h2><div class='cards'>{''.join(cards)}</div></section>"
        )

    def _trust(self) -> str:
        """How complete the data of all domains are, and of each."""
        known = {domain: self.report.total(domain, "completeness") for domain in self.domains}
        each = {domain: figure for domain, figure in known.items() if figure is not None}
        if not each:
            return ""
        whole = Figure(*added("completeness", each.values()))
        parts = " · ".join(
            f"{self._domain_name(domain)} {self._value('completeness', each[domain])}" for domain in each
        )
        told = _p("quiet", self.words.say("trust")) + _h3(self.words.names["completeness"].name)
        told += _p("value", self._value("completeness", whole)) + self._verdict("completeness", whole)
        return f'<div class="card wide">{told}{_p("quiet", parts)}</div>'

    def _card(self, domain: str, name: str) -> str:
        figure = self.report.total(domain, name)
        if figure is None:
            return ""
        told = _p("quiet", self._domain_name(domain)) + _h3(self.words.names[name].name)
        told += _p("value", self._value(name, figure)) + self._verdict(name, figure)
        return f'<div class="card" style="border-color:{COLOURS[domain]}">{told}</div>'

    def _verdict(self, name: str, figure: Figure) -> str:
        target = TARGETS.get(name)
        if target is None:
            return ""
        met = target.met(figure.value(name))
        limit = f"{target.sign} {self.words.measured(target.value, INDICATORS[name].unit)}"
        said = self.words.say("met" if met else "missed", target=limit)
        return _p("met", f"✓ {said} ({target.source})") if met else _p("missed", f"▲ {said} ({target.source})")

    def _domain(self, domain: str) -> str:
        # Completeness, of every domain, comes last: it says how far to trust what stands above it.
        names = [each.name for each in sorted(TABLE, key=lambda each: not each.domain) if each.domain in ("", domain)]
        names = [name for name in names if name not in _GROUPED]
        known = [name for name in names if self.report.total(domain, name) is not None]
        blocks = [self._indicator(domain, name) for name in known]
        if domain == "disaster":
            blocks[-1:-1] = [self._stages(domain), self._ispu(domain)]
        title = f'<h2 style="color:{COLOURS[domain]}">{escape(self._domain_name(domain))}</h2>'
        return f"<section>{title}{''.join(blocks)}{self._table(domain, known)}</section>"

    def _indicator(self, domain: str, name: str) -> str:
        figure = self.report.total(domain, name)
        assert figure is not None
        text, definition = self.words.names[name], INDICATORS[name]
        course = {day: each.value(name) for day, each in self.report.course(domain, name).items()}
        target = TARGETS[name].value if name in TARGETS else None
        labels = {day: self._label(day, name, value) for day, value in course.items()}
        plot = Plot(
            self.report.month.days,
            f"{text.name}: {self._value(name, figure)}",
            COLOURS[domain],
            labels,
            self.words.number,
        )
        numbers = f"{self.words.number(figure.numerator)} / {self.words.number(figure.denominator)}"
        told = _h3(text.name) + _p("value", self._value(name, figure)) + self._verdict(name, figure)
        told += _p("quiet", f"{numbers} {text.of}") + _p("quiet", text.why) + self._worst(domain, name, course)
        return self._block(told, courses(plot, course, target, definition.unit == "%"))

    def _worst(self, domain: str, name: str, course: Mapping[int, float]) -> str:
        """The day and the part that were worst, where some were better."""
        worse = WORSE.get(name)
        if worse is None:
            return ""
        figures = {part: self.report.total(domain, name, part) for part in self.report.parts(domain)}
        parts = {part: figure.value(name) for part, figure in figures.items() if figure is not None}
        days = {f"{day} {self.month.split()[0]}": value for day, value in course.items()}
        found = []
        for known in (days, parts):
            if len(set(known.values())) > 1:
                worst = worse(known, key=known.__getitem__)
                found.append(f"{worst} ({self.words.measured(known[worst], INDICATORS[name].unit)})")
        return _p("quiet worst", self.words.say("worst", found=", ".join(found))) if found else ""

    def _stages(self, domain: str) -> str:
        known = {name: self.report.total(domain, name) for name in STAGES}
        if not any(known.values()):
            return ""
        rows = "".join(
            f'<li><i style="background:{STAGES[name]}"></i>{escape(self.words.names[name].name)}: '
            f"<b>{escape(self._value(name, figure))}</b></li>"
            for name, figure in known.items()
            if figure is not None
        )
        layers = [
            (colour, {day: each.value(name) for day, each in self.report.course(domain, name).items()})
            for name, colour in STAGES.items()
        ]
        title = self.words.say("stages")
        plot = Plot(self.report.month.days, title, COLOURS[domain], {}, self.words.number)
        told = f"{_h3(title)}<ul class='key'>{rows}</ul>{_p('quiet', self.words.say('stages-why'))}"
        return self._block(told, stacked(plot, layers))

    def _ispu(self, domain: str) -> str:
        known = {name: self.report.total(domain, name) for name in ISPU}
        if not any(known.values()):
            return ""
        rows = "".join(
            f'<li><i style="background:{ISPU[name]}"></i>{escape(self.words.names[name].name)}: '
            f"<b>{escape(self._value(name, figure))}</b></li>"
            for name, figure in known.items()
            if figure is not None
        )
        colours, labels = {}, {}
        # Of a province's cities the worst holds: graver classes come later.
        for name, colour in ISPU.items():
            for day, each in self.report.course(domain, name).items():
                if each.numerator > 0:
                    colours[day] = colour
                    labels[day] = f"{day} {self.month}: {self.words.names[name].name}"
        title = self.words.say("ispu")
        plot = Plot(self.report.month.days, title, COLOURS[domain], labels)
        told = f"{_h3(title)}<ul class='key'>{rows}</ul>{_p('quiet', self.words.say('ispu-why'))}"
        return self._block(told, squares(plot, colours))

    def _block(self, told: str, plot: str) -> str:
        return f'<article><div class="told">{told}</div><div class="plot">{plot}</div></article>'

    def _table(self, domain: str, names: list[str]) -> str:
        """Each part beside the whole."""
        parts = self.report.parts(domain)
        shown = [name for name in names if any(self.report.total(domain, name, part) for part in parts)]
        if not shown or not parts:
            return ""
        say = self.words.say
        head = "".join(f"<th>{escape(self.words.names[name].name)}</th>" for name in shown)
        rows = [(part, escape(part)) for part in parts] + [("*", f"<b>{escape(say('whole'))}</b>")]
        body = "".join(
            f"<tr><th>{label}</th>{''.join(self._cell(domain, name, part) for name in shown)}</tr>"
            for part, label in rows
        )
        kind = "place" if self.report.is_province else "zone"
        caption = escape(say("cities" if self.report.is_province else "zones"))
        return (
            f"<table><caption>{caption}</caption><thead><tr><th>{escape(say(kind))}</th>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )

    def _cell(self, domain: str, name: str, part: str) -> str:
        figure = self.report.total(domain, name, part)
        if figure is None:
            return "<td>–</td>"
        target = TARGETS.get(name)
        missed = target is not None and not target.met(figure.value(name))
        return f"<td{' class=missed' if missed else ''}>{escape(self._value(name, figure))}</td>"

    def _missing(self) -> str:
        """What was not measured is said, and why: silence could be taken for nothing being wrong."""
        known = {name for _, part, name in self.report.totals if part == "*"}
        names = [each.name for each in TABLE if each.name not in known | _GROUPED]
        names = [name for name in names if INDICATORS[name].domain in self.domains]
        if not names:
            return ""
        say, rows = self.words.say, ""
        for name in names:
            needs = say(f"none-{name}") if name in ("non-revenue-water", "night-leakage") else ""
            rows += f"<li>{escape(self.words.names[name].name)}{': ' + escape(needs) if needs else ''}</li>"
        return f"<section><h2>{escape(say('none'))}</h2><p>{escape(say('none-why'))}</p><ul>{rows}</ul></section>"

    def _method(self) -> str:
        rows = "".join(f"<li>{escape(self.words.say(f'method-{number}'))}</li>" for number in range(1, 5))
        return f"<section class='method'><h2>{escape(self.words.say('method'))}</h2><ul>{rows}</ul></section>"

    def _domain_name(self, domain: str) -> str:
        return self.words.say(domain)

    def _value(self, name: str, figure: Figure) -> str:
        return self.words.measured(figure.value(name), INDICATORS[name].unit)

    def _label(self, day: int, name: str, value: float) -> str:
        return self.words.say(
            "day-title", day=day, month=self.month, value=self.words.measured(value, INDICATORS[name].unit)
        )


def _p(kind: str, text: str) -> str:
    return f'<p class="{kind}">{escape(text)}</p>'


def _h3(text: str) -> str:
    return f"<h3>{escape(text)}</h3>"
