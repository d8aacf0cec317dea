"""Whose series a reading is, and in which unit: the catalogue's word first, then the table, then the rule.

    (sensor, quantity, unit) ──▶ catalogue: source, key ──▶ table of names ──▶ rule's places ──▶ Target

Slow, and asked once per sensor, quantity and unit: what it answers is remembered by the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from ingest.decoders.base import BOOLEAN, MAX_NAME, Memory, Reading
from ingest.mapping.names import NameFault, level_name, quantity_name
from ingest.mapping.places import Context, Placing
from ingest.mapping.sources import Sources
from ingest.mapping.table import (
    BATTERIES,
    EXTRA,
    IMPLIED,
    MILLIVOLTS,
    QUANTITIES,
    Known,
    candidates,
    home,
    plain,
    spelling,
)
from telemetry.sensors import Sensor
from telemetry.series import Identity
from telemetry.units import CANONICAL, UnitError, canonical_unit, conversion, spelled_as

Sent = tuple[str, str | None]
"""A quantity and its unit, as sent."""
Rank = tuple[int, bool]
"""Row of the table, and whether the name came without a unit: of one row that with a unit is the surer one."""


class Target(NamedTuple):
    """A series, and how a sent value becomes one of it: value * scale + offset."""

    identity: Identity
    scale: float = 1.0
    offset: float = 0.0
    unit: str | None = None
    """Of the result: as sent where nadi does not know better, None where nobody says."""
    claim: str | None = None
    """The name by which the series goes from here on, when `Mapper.settle` is told so."""


class Company:
    """What came together in one message of a format, looked at only where names are new."""

    def __init__(self, readings: Sequence[Reading], form: str) -> None:
        self.form = form
        self._readings = readings
        self._sent: dict[str, dict[Sent, float]] = {}
        """The first value of each name of a sensor."""
        self._ranks: dict[str, dict[str, list[Rank]]] = {}

    def resolved(self, sensor: str, sent: Sent) -> Sent:
        """A name, and its unit in nadi's spelling, where it has one."""
        key, unit = sent
        if unit is not None:
            return key, spelling(self.form, unit)
        return key, _battery(key, self._by_name(sensor).get(sent, 0.0)) if "bat" in key.casefold() else None

    def ranks(self, sensor: str, choose: Callable[[Sent], Known | None]) -> dict[str, list[Rank]]:
        """The ranks of all names of `sensor` by the quantity that they would be, the best first. One that is nadi's own
        is before all others, though it may stand as it came: its unit may not fit, or be missing in another domain."""
        found = self._ranks.get(sensor)
        if found is None:
            found = self._ranks[sensor] = {}
            sent = [self.resolved(sensor, each) for each in self._by_name(sensor)]
            for each in sent:
                if (known := choose(each)) is not None:
                    found.setdefault(known.quantity, []).append((known.rank, each[1] is None))
                elif each[0] in QUANTITIES and each[1] != BOOLEAN:
                    found.setdefault(each[0], []).append((-1, each[1] is None))
            for ranks in found.values():
                ranks.sort()
        return found

    def _by_name(self, sensor: str) -> dict[Sent, float]:
        if not self._sent:
            for name, quantity, value, unit, _ in self._readings:
                self._sent.setdefault(name, {}).setdefault((quantity, unit), value)
        return self._sent.get(sensor, {})


def _battery(key: str, value: float) -> str | None:
    """The unit that a battery without one has by its size; None for that which its name implies."""
    if plain(key).rpartition(".")[2] not in BATTERIES or (value % 1 == 0 and 0 <= value <= 100):
        return None
    return "mV" if value >= MILLIVOLTS else _UNTOLD


class MappingFault(ValueError):
    """A reading that can't be placed; `reason` is the contract's word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


_UNTOLD: Final = "?"
"""Stands in place of a unit where a number is not of the unit that its name implies."""
_UNFIT: Final = frozenset((BOOLEAN, _UNTOLD))
"""What has one of these keeps its own name."""
STATE: Final = "state"
"""After the name of what is true or false, where nadi has a quantity of that name: `power.state`."""
_ANY: Final = {quantity: unit for (_, quantity), unit in CANONICAL.items()}


class Mapper:
    """Of one rule and one catalogue. claims: which of several names a device's quantity goes by."""

    def __init__(self, placing: Placing, sources: Sources, claims: Memory) -> None:
        self.placing = placing
        self.sources = sources
        self.claims = claims
        self.version = 0
        """Grows when an earlier answer holds no more."""

    def target(self, context: Context, sensor: str, sent: Sent, company: Company) -> Target:
        """The series of a reading. company: of the same message. Raises MappingFault."""
        if len(sent[1] or "") > MAX_NAME:
            raise MappingFault("unit", f"{sensor:.60} {sent[0]:.60}: a unit of more than {MAX_NAME} characters")
        try:
            return self._target(context, sensor, company.resolved(sensor, sent), company)
        except NameFault as fault:
            raise MappingFault("schema", f"{sensor!r:.60} {sent[0]!r:.60}: {fault}") from None
        except UnitError as error:
            raise MappingFault("unit", f"{sensor:.60} {sent[0]:.60}: {error}") from None

    def _target(self, context: Context, sensor: str, sent: Sent, company: Company) -> Target:
        key, unit = sent
        line = self.sources.line(sensor, key)
        if line is not None:
            return self._as_catalogued(line, None if unit in _UNFIT else unit)
        city, domain, zone, device = self._place(context, sensor)
        found = self._choose(domain, sent, self.sources.quantities(sensor))
        if found is not None:
            identity = Identity(city, home(found.quantity, domain), zone, device, found.quantity)
            holder = self.claims.get(_claim(identity))
            if self._may_have(sensor, sent, domain, found, holder, company):
                claim = key if holder is not None or found.rank >= 0 else None
                target = self._converted(identity, unit, IMPLIED.get(company.form, {}).get(key) or found.implied)
                return target._replace(claim=claim if holder != key.encode() else None)
        quantity = quantity_name(key)
        if unit == BOOLEAN and _wanted(domain or "", quantity) is not None:
            quantity = f"{quantity}.{STATE}"
        identity = Identity(city, domain or "", zone, device, quantity)
        target = self._kept(identity, None if unit in _UNFIT else unit)
        if quantity in QUANTITIES and self.claims.get(_claim(identity)) != key.encode():
            target = target._replace(claim=key)  # else another name could get the same series
        return target

    def _place(self, context: Context, sensor: str) -> tuple[str, str | None, str, str]:
        place = self.sources.place(sensor)
        if place is not None:
            return place
        city, domain, zone = self.placing.spot(context, sensor)
        device = level_name(sensor)
        return self.sources.home(city, device) or (city, domain, zone, device)

    def _choose(self, domain: str | None, sent: Sent, taken: frozenset[str]) -> Known | None:
        """What the table makes of a name: the first that its unit fits; nadi's own name whatever its unit."""
        key, unit = sent
        if unit in _UNFIT:
            return None
        own = None
        for found in candidates(domain, key):
            if found.quantity in taken:
                continue
            if self._fits(home(found.quantity, domain), found.quantity, unit or found.implied, found.at_home):
                return found
            if found.rank < 0 and found.at_home and own is None:
                own = found
        return own

    def _may_have(
        self, sensor: str, sent: Sent, domain: str | None, found: Known, holder: bytes | None, company: Company
    ) -> bool:
        """Whether a name is what the quantity goes by: nadi's own always, others where they came first and alone."""
        if found.rank < 0 or holder == sent[0].encode():
            return True
        if holder is not None:
            return False
        taken = self.sources.quantities(sensor)
        ranks = company.ranks(sensor, lambda other: self._choose(domain, other, taken))[found.quantity]
        own = (found.rank, sent[1] is None)
        return ranks[0] == own and ranks[1:2] != [own]

    def _fits(self, domain: str, quantity: str, unit: str | None, at_home: bool) -> bool:
        if unit is None:
            return at_home
        wanted = _wanted(domain, quantity)
        if wanted is None or unit == wanted:
            return unit == wanted
        try:
            conversion(unit, wanted)
        except UnitError:
            return False
        return True

    def _as_catalogued(self, line: Sensor, unit: str | None) -> Target:
        wanted = canonical_unit(line.identity.domain, line.identity.quantity) or line.unit
        if (line.scale, line.offset) == (1.0, 0.0):
            return self._converted(line.identity, unit, line.unit)
        scale, offset = conversion(line.unit, wanted) if line.unit and wanted and line.unit != wanted else (1.0, 0.0)
        return Target(line.identity, line.scale * scale, line.offset * scale + offset, wanted)

    def _converted(self, identity: Identity, unit: str | None, implied: str | None) -> Target:
        sensor = self.sources.sensors.get(identity)
        said = sensor.unit if sensor is not None else None
        canonical = canonical_unit(identity.domain, identity.quantity)
        wanted = canonical or said or _wanted(identity.domain, identity.quantity)
        given = unit or said or implied
        if given is None or wanted is None or given == wanted:
            return Target(identity, unit=wanted or unit)
        try:
            scale, offset = conversion(given, wanted)
        except UnitError:
            if canonical is not None:
                raise
            return Target(identity, unit=unit)
        return Target(identity, scale, offset, wanted)

    def _kept(self, identity: Identity, unit: str | None) -> Target:
        """A name that the table does not know: as it was sent, unless the catalogue gives it a unit."""
        if identity in self.sources.sensors or canonical_unit(identity.domain, identity.quantity):
            return self._converted(identity, unit, None)
        return Target(identity, unit=(spelled_as(unit) if unit is not None else None) or unit)

    def settle(self, target: Target) -> None:
        """`target` is in use: from here on, through restarts, its series goes by no other name."""
        if target.claim is not None:
            name = _claim(target.identity)
            if self.claims.get(name) is not None:
                self.version += 1
            self.claims.put(name, target.claim.encode())


def _claim(identity: Identity) -> str:
    return "/".join(identity)


def _wanted(domain: str, quantity: str) -> str | None:
    """The unit that a quantity is brought to, in whatever domain it stands."""
    return canonical_unit(domain, quantity) or EXTRA.get(quantity) or _ANY.get(quantity)
