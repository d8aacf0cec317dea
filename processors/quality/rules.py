"""Every constant of quality control, in one table, each with its reason. None is in a sensor's unit.

QARTOD (IOOS manuals for real-time quality control) names the tests and leaves their thresholds to
the operator; a city has too many kinds of sensors for that, so they follow from each series' own
past. All are starting values of our own.
"""

from __future__ import annotations

from typing import Final

BLOCK: Final = 8
"""Changes of a series that are learned together."""
WARM_UP: Final = 64
"""Readings before the tests that know a series' past have a verdict."""
LEARN: Final = 1 / 16
"""Weight of a block: the past is some 128 changes, a few hours at a minute each."""
SLOW_LEARN: Final = 1 / 512
"""While a series is odd: in a few days what is odd is usual."""

LEAP: Final = 12.0
"""Mean changes that make a leap: normal noise changes by 5 in a million readings."""
FAST: Final = 2.0
"""Leaps that make a rate of change of its own."""
BACK: Final = 0.5
"""Share of a leap within which the next reading must be back for it to have been a spike."""
SPIKES: Final = 3.0
"""Spikes within a hundred readings or so that make a sensor one that spikes."""
FORGET: Final = 1 / 16
"""Of spikes, with a block."""

LEAST_SAME: Final = 24
"""Equal readings that may always stand in a row: an idle home draws the same for some minutes."""
LONGER: Final = 4.0
"""Times the longest usual row of equal readings, from which a series is suspect."""
FAIL_LATER: Final = 4
"""Times as many equal readings, from which they fail."""

LIVELY: Final = 6.0
"""Times the usual change that is noise."""
DULL: Final = 12.0
"""Part of the usual change below which a signal is attenuated."""
SETTLED: Final = 4
"""Blocks in turn that are noisy, dull or away from the neighbours, before it is believed."""

GAP: Final = 3.0
"""Intervals without a reading that are a gap: as in `processors.silence`."""

FEWEST_NEIGHBOURS: Final = 4
"""Sensors of one quantity in a zone (or else the city) that have something to say about one of them."""
FAR: Final = 10.0
"""Mean distances from the neighbours' median that are a disagreement."""
NOISES: Final = 4.0
"""Mean changes of the sensor's own that a disagreement must exceed as well."""
ACQUAINTED: Final = 24
"""Blocks after which a sensor's usual distance from its neighbours is known."""
DRIFT: Final = 1 / 256
"""Weight of a block in that distance: slower than the drift that it must tell."""
STALE: Final = 1_800_000
"""ms; an older reading says nothing of the neighbourhood."""

FAILS: Final = 5.0
"""Readings that fail, with few good ones among them, that make a sensor one that fails."""
MOST_FAILS: Final = 8.0
LOOKS: Final = 6
"""Slices of the series."""
EVERY: Final = 10_000
"""ms of log time between two looks at a slice: within a minute every series has had its turn."""
