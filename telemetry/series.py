"""Series identities interned to dense ids, so that per-series state is arrays indexed by id."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from telemetry.batch import Int32
from telemetry.errors import SeriesLimit
from telemetry.growth import extended

DOMAINS = ("water", "energy", "waste", "disaster")

MAX_GATEWAYS: Final = 65_536
"""Names of gateways are the senders' to invent, and are kept for good."""
OF_ONE_DEVICE: Final = 16
"""New names of gateways that one device may bring, from a start of nadi on."""


class Identity(NamedTuple):
    """What makes a series: five names, as the gateway sent them."""

    city: str
    domain: str
    zone: str
    device: str
    quantity: str


class Device(NamedTuple):
    """What makes a device: an identity without its quantity."""

    city: str
    domain: str
    zone: str
    device: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """A durable name for a dense id: of a series (with its device's id) or of a gateway."""

    id: int
    device: int
    identity: Identity | None = None
    gateway: str | None = None


def gateway_key(city: str, name: str) -> str:
    """What a gateway is known by: its name is only its city's, so that two cities may use the same."""
    return f"{city}/{name}"


class SeriesTable:
    """Interns identities, devices and gateways; ids are stable across restarts.

    New names are remembered until `drain()` hands them to the journal, which must make them
    durable before or with the first reading that uses them.
    """

    def __init__(self, max_series: int = 1_000_000, max_per_zone: int | None = None) -> None:
        self.max_series = max_series
        self.max_per_zone = max_per_zone or max_series
        self.identities: list[Identity | None] = []
        self.devices: list[Device | None] = []
        self.gateways: list[str] = []
        """By id: `gateway_key(city, name)`."""
        self.max_gateways = min(max_series, MAX_GATEWAYS)
        self.of_one_source = max(OF_ONE_DEVICE, self.max_gateways // 4)
        """New names of gateways that one zone, or one rule of another format, may bring, from a start on."""
        self.gateways_untaken = 0
        """How often a gateway's name was not taken because there are too many."""
        self._brought: Counter[Hashable] = Counter()
        """New names of gateways, by who brought them."""
        self.generation = 0
        """Grows when an id is given to another identity: what was cached by id is void."""
        self._ids: dict[Identity, int] = {}
        self._device_ids: dict[Device, int] = {}
        self._gateway_ids: dict[str, int] = {}
        self._per_zone: dict[tuple[str, str, str], int] = {}
        self._new: list[Declaration] = []
        self._device_of: Int32 = np.full(1024, -1, np.int32)
        self._domain_of: Int32 = np.full(1024, -1, np.int32)
        self._gateway_of: Int32 = np.full(1024, -1, np.int32)

    def __len__(self) -> int:
        return len(self.identities)

    @property
    def device_of(self) -> Int32:
        """int32[series]: the id of each series' device. A view; take it anew for each batch."""
        return self._device_of

    @property
    def domain_of(self) -> Int32:
        """int32[series]: the index into DOMAINS of each series. A view; take it anew for each batch."""
        return self._domain_of

    @property
    def gateway_of(self) -> Int32:
        """int32[device]: the id of each device's gateway, -1 where unknown. A view."""
        return self._gateway_of

    def find(self, identity: Identity) -> int | None:
        return self._ids.get(identity)

    def intern(self, identity: Identity) -> int:
        """The id of `identity`, a new one if it is new. Raises SeriesLimit."""
        known = self._ids.get(identity)
        if known is not None:
            return known
        zone = identity[:3]
        if len(self._ids) >= self.max_series:
            raise SeriesLimit(f"limits.max_series ({self.max_series}) is reached")
        if self._per_zone.get(zone, 0) >= self.max_per_zone:
            raise SeriesLimit(f"limits.zone_series ({self.max_per_zone}) is reached in zone {'/'.join(zone)}")
        # Names arrive as new strings with each message; kept once, they are 20 MB less at 100,000 series.
        identity = Identity(*map(sys.intern, identity))
        device = self.intern_device(Device(*identity[:4]))
        declaration = Declaration(len(self.identities), device, identity=identity)
        self._add_series(declaration)
        self._new.append(declaration)
        return declaration.id

    def intern_device(self, device: Device) -> int:
        """The id of `device`. It becomes durable with the first series declared for it."""
        known = self._device_ids.get(device)
        if known is None:
            known = len(self.devices)
            self._add_device(known, device)
        return known

    def find_device(self, device: Device) -> int | None:
        return self._device_ids.get(device)

    def find_gateway(self, name: str) -> int | None:
        return self._gateway_ids.get(name)

    def intern_gateway(self, name: str) -> int:
        known = self._gateway_ids.get(name)
        if known is None:
            known = len(self.gateways)
            self._add_gateway(known, name)
            self._new.append(Declaration(known, -1, gateway=name))
        return known

    def admit_gateway(self, name: str, source: Hashable, device: Hashable = None) -> int:
        """The id of a gateway that only a message names; -1, and counted, where the name is new and there are
        too many in all, of its source, or of its device (None: which one is not known)."""
        known = self._gateway_ids.get(name)
        if known is not None:
            return known
        if (
            len(self.gateways) >= self.max_gateways
            or self._brought[source] >= self.of_one_source
            or (device is not None and self._brought[device] >= OF_ONE_DEVICE)
        ):
            self.gateways_untaken += 1
            return -1
        self._brought[source] += 1
        if device is not None:
            self._brought[device] += 1
        return self.intern_gateway(name)

    def assign_gateway(self, device: int, gateway: int) -> None:
        """A device belongs to the gateway that its messages name, or else the catalogue."""
        self._gateway_of[device] = gateway

    def drain(self) -> tuple[Declaration, ...]:
        """The names made since the last call, to be written with the readings that use them."""
        new, self._new = tuple(self._new), []
        return new

    def restore(self, declarations: Iterable[Declaration]) -> None:
        """Take back what the journal holds; ids and device ids come out as they were."""
        for declaration in declarations:
            if declaration.gateway is not None:
                if declaration.gateway not in self._gateway_ids:
                    self._add_gateway(declaration.id, declaration.gateway)
            elif declaration.identity is not None and declaration.identity not in self._ids:
                # Each row of a table brings strings of its own for city, zone and all the others.
                identity = Identity(*map(sys.intern, declaration.identity))
                device = Device(*identity[:4])
                if device not in self._device_ids:
                    self._add_device(declaration.device, device)
                self._add_series(replace(declaration, identity=identity))

    def _add_series(self, declaration: Declaration) -> None:
        assert declaration.identity is not None
        identity, number = declaration.identity, declaration.id
        while len(self.identities) <= number:
            self.identities.append(None)
        if self.identities[number] is not None:
            self.generation += 1
        self.identities[number] = identity
        self._ids[identity] = number
        zone = identity[:3]
        self._per_zone[zone] = self._per_zone.get(zone, 0) + 1
        self._device_of = extended(self._device_of, number + 1, -1)
        self._domain_of = extended(self._domain_of, number + 1, -1)
        self._device_of[number] = declaration.device
        self._domain_of[number] = DOMAINS.index(identity.domain)

    def _add_device(self, number: int, device: Device) -> None:
        while len(self.devices) <= number:
            self.devices.append(None)
        self.devices[number] = device
        self._device_ids[device] = number
        self._gateway_of = extended(self._gateway_of, number + 1, -1)

    def _add_gateway(self, number: int, name: str) -> None:
        while len(self.gateways) <= number:
            self.gateways.append("")
        self.gateways[number] = name
        self._gateway_ids[name] = number
