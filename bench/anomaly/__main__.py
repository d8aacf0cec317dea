"""Quality of the anomaly engine beside simpler rules: `python -m bench.anomaly`."""

from __future__ import annotations

from collections.abc import Sequence

from bench.anomaly.corpus import KINDS, Labelled, corpus
from bench.anomaly.scoring import score
from bench.anomaly.variants import VARIANTS
from telemetry.batch import Float64

SEEN, UNSEEN = range(4), range(100, 102)
"""Seeds that the constants were checked on, and a third of all that nothing was ever checked on."""


def table(seen: Sequence[Labelled], unseen: Sequence[Labelled]) -> list[str]:
    """Markdown: the score of each rule at its own best threshold on the seen series."""
    lines = [
        "| rule | score, seeds used | score, seeds held out | windows found, held out | false alarms in 10,000 rows |",
        "|---|---|---|---|---|",
    ]
    for name, variant in VARIANTS.items():
        best = score(seen, [variant(each) for each in seen])
        held = score(unseen, [variant(each) for each in unseen], best.threshold)
        lines.append(f"| {name} | {best.score:.1f} | {held.score:.1f} | {held.found:.0%} | {held.false_alarms:.1f} |")
    return lines


def kinds(series: Sequence[Labelled], scores: Sequence[Float64], threshold: float) -> list[str]:
    """Markdown: the engine on each kind of series."""
    lines = ["| kind | score | windows found | false alarms in 10,000 rows |", "|---|---|---|---|"]
    for kind in KINDS:
        chosen = [at for at, each in enumerate(series) if each.name.rsplit("-", 1)[0] == kind]
        result = score([series[at] for at in chosen], [scores[at] for at in chosen], threshold)
        lines.append(f"| {kind} | {result.score:.0f} | {result.found:.0%} | {result.false_alarms:.1f} |")
    return lines


def main() -> None:
    seen, unseen = list(corpus(SEEN)), list(corpus(UNSEEN))
    print("\n".join(table(seen, unseen)))
    scores = [VARIANTS["rank tails"](each) for each in unseen]
    print()
    print("\n".join(kinds(unseen, scores, 0.5)))


if __name__ == "__main__":
    main()
