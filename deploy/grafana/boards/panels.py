"""Grafana's panels as plain dictionaries: what every dashboard of nadi is built from.

Only what differs from Grafana's defaults is written. Widths are in the 24 columns of its grid. Colours are
names of Grafana's palette, which has a shade of each for light and for dark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boards.kinds import KINDS
from boards.quantities import QUANTITIES
from boards.words import COLUMNS, DOMAINS, SEVERITIES, STATES, Text, Words

Json = dict[Any, Any]

INFLUX = {"type": "influxdb", "uid": "nadi-influx"}
PROMETHEUS = {"type": "prometheus", "uid": "nadi-prometheus"}
EXPRESSION = {"type": "__expr__", "uid": "__expr__"}
"""Grafana's own arithmetic over the answers to other queries."""
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"

NO_DATA = Text("no data", "tidak ada data")

Steps = Sequence[tuple[float | None, str]]
"""Thresholds: from this value on (None: from the lowest), this colour."""


@dataclass(frozen=True)
class Ask:
    """A query, or an expression over queries. label: what its series are called. shape: `table` keeps rows as they
    are. ref: A, B, ... if empty."""

    text: str
    label: Words = ""
    source: Any = None
    shape: str = "time_series"
    ref: str = ""
    hidden: bool = False
    """Asked for an expression's sake."""
    model: Json | None = None
    """Of an EXPRESSION."""


def prom(text: str, label: Words = "") -> Ask:
    return Ask(text, label, PROMETHEUS)


def now(text: str, label: Words = "") -> Ask:
    """The present values, as a table."""
    return Ask(text, label, PROMETHEUS, "table")


def rows(text: str, ref: str = "") -> Ask:
    return Ask(text, shape="table", ref=ref)


@dataclass(frozen=True)
class Panel:
    """One panel: what it asks, and how it is drawn."""

    title: Words
    kind: str
    asks: Sequence[Ask]
    unit: str = "short"
    width: int = 8
    height: int = 8
    note: Words = ""
    low: float | None = None
    high: float | None = None
    decimals: int | None = None
    steps: Steps = ()
    empty: Words = ""
    """Shown where nothing is found; NO_DATA where nothing else is said, but for tables: it would stand in each cell
    without a value."""
    links: Sequence[Json] = ()
    options: Any = None
    custom: Any = None
    defaults: Any = None
    overrides: Sequence[Json] = ()
    transformations: Sequence[Json] = ()
    interval: str = ""
    """$__interval at least."""


def _asks(asks: Ask | str | Sequence[Ask]) -> Sequence[Ask]:
    if isinstance(asks, str):
        return (Ask(asks),)
    return (asks,) if isinstance(asks, Ask) else tuple(asks)


def timeseries(title: Words, asks: Ask | str | Sequence[Ask], **more: Any) -> Panel:
    """Lines over time; thresholds are drawn as dashed lines, the series keep their own colours."""
    custom: Json = {"lineWidth": 2, "fillOpacity": 8, "showPoints": "auto", "spanNulls": False}
    if more.get("steps"):
        custom["thresholdsStyle"] = {"mode": "dashed"}
    custom |= more.pop("custom", {})
    options = {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    defaults = {"color": {"mode": "palette-classic"}} | more.pop("defaults", {})
    return Panel(title, "timeseries", _asks(asks), custom=custom, options=options, defaults=defaults, **more)


def bars_over_time(title: Words, asks: Ask | str | Sequence[Ask], **more: Any) -> Panel:
    """Stacked bars over time, for counts."""
    custom = {"drawStyle": "bars", "fillOpacity": 70, "lineWidth": 0, "stacking": {"mode": "normal", "group": "A"}}
    return timeseries(title, asks, **{"low": 0, "decimals": 0, "custom": custom} | more)


def stat(title: Words, asks: Ask | str | Sequence[Ask], **more: Any) -> Panel:
    """One large number for each series."""
    several = len(_asks(asks)) > 1
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "background_solid" if more.get("steps") else "value",
        "graphMode": "none",
        "textMode": "value_and_name" if several else "auto",
        "justifyMode": "center",
    } | more.pop("options", {})
    return Panel(title, "stat", _asks(asks), options=options, **{"width": 6, "height": 4} | more)


def ages(title: Words, asks: Sequence[Ask], **more: Any) -> Panel:
    """How long ago the time of each answer was. The asks have refs, and one value each, which is left out."""
    renamed = [
        {
            "id": "organize",
            "options": {"renameByName": {"Time": ask.label}, "excludeByName": {"count": True}, "indexByName": {}},
            "filter": {"id": "byRefId", "options": ask.ref},
        }
        for ask in asks
    ]
    options = {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "/.*/", "values": False},
        "textMode": "value_and_name",
    }
    return stat(title, asks, unit="dateTimeFromNow", options=options, transformations=renamed, **more)


def bars(title: Words, ask: str, *names: str, **more: Any) -> Panel:
    """A horizontal bar for each row of the answer, named by its columns `names`."""
    options = {
        "reduceOptions": {"values": True, "limit": 25, "calcs": [], "fields": ""},
        "orientation": "horizontal",
        "displayMode": "basic",
        "showUnfilled": True,
        "valueMode": "color",
    }
    name = " ".join(f"${{__data.fields.{column}}}" for column in names)
    return Panel(title, "bargauge", (rows(ask),), options=options, defaults={"displayName": name}, **more)


def mapped(values: Mapping[str, Words], colours: Mapping[str, str] | None = None) -> Json:
    """Texts that stand for others in a column."""
    options = {}
    for place, (value, words) in enumerate(values.items()):
        options[value] = {"text": words, "index": place} | ({"color": colours[value]} if colours else {})
    return {"id": "mappings", "value": [{"type": "value", "options": options}]}


def column(name: str, *properties: Json, width: int | None = None, title: Words | None = None) -> Json:
    """How a column of a table looks."""
    made: list[Json] = [{"id": "displayName", "value": title or COLUMNS.get(name, name)}, *properties]
    if width is not None:
        made.append({"id": "custom.width", "value": width})
    return {"matcher": {"id": "byName", "options": name}, "properties": made}


def painted(style: str = "color-background") -> Json:
    return {"id": "custom.cellOptions", "value": {"type": style, "mode": "basic"}}


def renamed(names: Mapping[str, Words]) -> Sequence[Json]:
    """Series that are called by a value of a tag or label, in words."""
    return [
        {"matcher": {"id": "byName", "options": name}, "properties": [{"id": "displayName", "value": words}]}
        for name, words in names.items()
    ]


def linked(*links: Json) -> Json:
    return {"id": "links", "value": list(links)}


def link(title: Words, dashboard: str, *passed: str, **values: str) -> Json:
    """To another dashboard at the same time, with these variables. passed: those that stay as they were chosen, for
    several values, or all of them, are no single text."""
    variables = "".join(f"&${{{name}:queryparam}}" for name in passed)
    variables += "".join(f"&var-{name}={value}" for name, value in values.items())
    return {"title": title, "url": f"/d/{dashboard}?${{__url_time_range}}{variables}"}


NOTHING = Text("nothing is open", "tidak ada")
OPEN_DEVICE = Text("Open the device", "Buka alat")


def device_link(domain: str, quantity: str) -> Json:
    """From a series that is grouped by city, zone and device."""
    tags = {name: f"${{__field.labels.{name}:percentencode}}" for name in ("city", "zone", "device")}
    return link(OPEN_DEVICE, "nadi-device", domain=domain, quantity=quantity, **tags)


def zone_link(domain: str) -> Json:
    """From a series that is grouped by zone."""
    zone = "${__field.labels.zone:percentencode}"
    title = Text("Only this zone", "Hanya zona ini")
    return link(title, f"nadi-{domain}", city="${city:percentencode}", zone=zone)


def row_link(domain: str, quantity: str = "quantity") -> Json:
    """From a row of a table with the columns zone, device and `quantity`: none of them one in words, for Grafana puts
    the words into the address."""
    columns = {"zone": "zone", "device": "device", "quantity": quantity}
    fields = {name: f"${{__data.fields.{column}:percentencode}}" for name, column in columns.items()}
    return link(OPEN_DEVICE, "nadi-device", city="${city:percentencode}", domain=domain, **fields)


def table(title: Words, asks: str | Sequence[Ask], columns: Sequence[Json], **more: Any) -> Panel:
    """Rows as they are."""
    asked = (rows(asks),) if isinstance(asks, str) else tuple(asks)
    order = {each["matcher"]["options"]: place for place, each in enumerate(columns)}
    organize = {"id": "organize", "options": {"indexByName": order, "excludeByName": {}, "renameByName": {}}}
    transformations = [*more.pop("transformations", ()), organize]
    options = {"showHeader": True, "cellHeight": "sm"}
    return Panel(
        title,
        "table",
        asked,
        options=options,
        overrides=columns,
        transformations=transformations,
        **{"width": 24} | more,
    )


SEVERITY = column(
    "severity",
    mapped({name: word for name, (word, _) in SEVERITIES.items()}, {name: c for name, (_, c) in SEVERITIES.items()}),
    painted(),
    width=90,
)
EVERY_DOMAIN = {**DOMAINS, "*": Text("all", "semua")}
DOMAIN = column("domain", mapped(EVERY_DOMAIN), width=90)
KIND_WORDS = mapped({kind: name for kind, (name, _) in KINDS.items()})
KIND = column("kind", KIND_WORDS, width=170)
WRAPPED: Json = {"id": "custom.cellOptions", "value": {"type": "auto", "wrapText": True}}
TODO_WORDS = mapped({kind: todo for kind, (_, todo) in KINDS.items()})
TODO = column("todo", TODO_WORDS, WRAPPED, width=280)
STATE = column("state", mapped(STATES), width=110)
SINCE = column("Time", {"id": "unit", "value": "dateTimeAsIso"}, width=160)
REASON = column("reason", WRAPPED)
HIDDEN: Json = {"id": "custom.hidden", "value": True}


CODE = "${__data.fields.code:percentencode}"
"""The domain of a row; of the column "domain" Grafana would put the words into an address."""


def zone_column(width: int) -> Json:
    """An incident's zone, which leads to its devices."""
    to = link(
        Text("Devices of this zone", "Alat di zona ini"),
        "nadi-device",
        city="${city:percentencode}",
        domain=CODE,
        zone="${__data.fields.zone:percentencode}",
    )
    return column("zone", linked(to), width=width)


def incident_table(title: Words, ask: str, **more: Any) -> Panel:
    """What is wrong, where, since when, why, what to do, and who has it."""
    columns = (SEVERITY, SINCE, DOMAIN, zone_column(130), KIND, REASON, TODO, STATE, column("code", HIDDEN))
    return table(title, ask, columns, **{"empty": NOTHING} | more)


def incident_brief(title: Words, ask: str, **more: Any) -> Panel:
    """The same beside a map: less of it, so that the reason keeps its room."""
    columns = (
        *(SEVERITY, column("Time", {"id": "unit", "value": "dateTimeFromNow"}, width=110), zone_column(100)),
        *(column("kind", KIND_WORDS, WRAPPED, width=130), REASON, column("todo", TODO_WORDS, WRAPPED, width=190)),
        *(column(name, HIDDEN) for name in ("domain", "state", "code")),
    )
    return table(title, ask, columns, **{"empty": NOTHING} | more)


def anomaly_table(title: Words, ask: str, **more: Any) -> Panel:
    device = column("device", linked(row_link(CODE, "series")), width=140)
    # Not every anomaly has both bounds: such a cell is blank, while a table without rows says so.
    number = ({"id": "decimals", "value": 2}, {"id": "noValue", "value": " "})
    numbers = [column(name, *number, width=80) for name in ("value", "low", "high")]
    columns = (
        *(
            SEVERITY,
            SINCE,
            DOMAIN,
            column("zone", width=130),
            device,
            column("quantity", mapped(QUANTITIES), width=120),
        ),
        *(*numbers, column("detector", width=110), REASON),
        *(column(name, HIDDEN) for name in ("code", "series")),
    )
    return table(title, ask, columns, **more)
