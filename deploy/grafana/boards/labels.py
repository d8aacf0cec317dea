"""An alert's labels in the words that people read, in the language of Grafana's own templates (Go's text/template).

An alert knows the codes of a kind, a domain, a place. Its templates have no tables, so a table becomes one condition
a row.
"""

from __future__ import annotations

from collections.abc import Mapping

from boards.kinds import KINDS
from boards.words import DOMAINS, Text, Words, spoken

ANY = "*"
"""The label of what concerns a whole city, several cities, all domains."""


def joined(*parts: Words) -> Text:
    """One text of several."""
    return Text(*("".join(spoken(part, language) for part in parts) for language in ("en", "id")))


def own(label: str) -> str:
    """The label as it is."""
    return f"{{{{ $labels.{label} }}}}"


def said(label: str, words: Mapping[str, Words], other: Words) -> Text:
    """The words for the label's value. other: for a value that has none."""
    rows = list[Words]()
    for value, each in words.items():
        rows += [f'{{{{ {"else if" if rows else "if"} eq $labels.{label} "{value}" }}}}', each]
    return joined(*rows, "{{ else }}", other, "{{ end }}")


KIND = said("kind", {kind: name for kind, (name, _) in KINDS.items()}, own("kind"))
TODO = said("kind", {kind: todo for kind, (_, todo) in KINDS.items()}, Text("see what it is", "lihat apa yang terjadi"))
DOMAIN = said("domain", {**DOMAINS, ANY: Text("all domains", "semua bidang")}, own("domain"))
ZONE = said("zone", {ANY: Text("the whole city", "seluruh kota")}, own("zone"))
PLACE = said("city", {ANY: Text("several cities", "beberapa kota")}, joined(ZONE, ", ", own("city")))


def board_of_city(board: str) -> str:
    """The address of a dashboard with the alert's city chosen. Of several cities none is: Grafana takes its first."""
    one = f'and $labels.city (ne $labels.city "{ANY}")'
    return f"/d/nadi-{board}{{{{ if {one} }}}}?var-city={{{{ urlquery $labels.city }}}}{{{{ end }}}}"
