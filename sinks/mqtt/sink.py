"""The sink `republish`. A message holds the rows of one topic that a delivery brings together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from config.settings import RepublishSettings
from sinks.base import Delivery, Outcome, Payload, Refused, Unreachable
from sinks.mqtt.connection import Broker, Closed, Connection, Failed, Message
from sinks.mqtt.forms import FORMS, Form
from sinks.mqtt.rows import Row, rows
from telemetry.batch import Readings
from telemetry.errors import StoreError
from telemetry.series import SeriesTable

MOST_ROWS: Final = 500
"""Of a message."""


class Feed:
    """What is published together: a delivery, or some of its rows. They are made when they are wanted, for of a
    delivery that catches up there are thousands; then `messages` is called in a thread, beside the loop."""

    def __init__(self, delivery: Delivery, table: SeriesTable, form: Form, rows: tuple[Row, ...] | None = None) -> None:
        self.delivery = delivery
        self.table = table
        self.form = form
        self._rows = rows

    @property
    def points(self) -> int:
        return self.delivery.points if self._rows is None else len(self._rows)

    @property
    def readings(self) -> int:
        if self._rows is None:
            return len(self.delivery.readings)
        return sum(row.kind == "readings" for row in self._rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        if self._rows is None:
            self._rows = tuple(rows(self.delivery, self.table.identities))
        return self._rows

    def split(self) -> tuple[Feed, Feed]:
        half = len(self.rows) // 2
        return self._some(self.rows[:half]), self._some(self.rows[half:])

    def _some(self, some: tuple[Row, ...]) -> Feed:
        return Feed(self.delivery, self.table, self.form, some)

    def text(self) -> str:
        return "\n".join(f"{row.topic} {(self.form.write([row]) or b'').decode()}" for row in self.rows)

    def messages(self) -> list[Message]:
        """Of each topic in the order of its rows."""
        together: dict[str, list[Row]] = {}
        for row in self.rows:
            together.setdefault(row.topic, []).append(row)
        made = []
        for topic, of_topic in together.items():
            for begin in range(0, len(of_topic), MOST_ROWS):
                payload = self.form.write(of_topic[begin : begin + MOST_ROWS])
                if payload is not None:
                    made.append(Message(topic, payload))
        return made


class RepublishSink:
    """Connects when there is something to publish, and again after a failure."""

    name = "republish"

    def __init__(self, settings: RepublishSettings, broker: Broker, table: SeriesTable) -> None:
        self.settings = settings
        self.broker = broker
        self.table = table
        self._form = FORMS[settings.format]
        self._open = False
        self._connection: Connection | None = None
        self._closed_over: Payload | None = None
        """Over which the broker has closed the connection, it seems."""

    async def open(self) -> None:
        self._open = True

    def encode(self, delivery: Delivery) -> Sequence[Payload]:
        chosen = self._chosen(delivery)
        return [Feed(chosen, self.table, self._form)] if chosen.points else []

    async def write(self, payload: Payload) -> Outcome:
        assert isinstance(payload, Feed)
        if not self._open:
            raise StoreError("republish is not open")
        try:
            connection = self._connection
            if connection is None or connection.lost.done():
                await self._drop()
                self._connection = connection = await Connection.connect(self.broker)
        except Failed as failed:
            return failed.outcome
        messages = await asyncio.to_thread(payload.messages)
        outcome = await connection.publish(messages, self.settings.qos, self._form.media)
        if isinstance(outcome, Unreachable):
            await self._drop()
        return self._judged(payload, outcome)

    def _judged(self, payload: Payload, outcome: Outcome) -> Outcome:
        """Once a connection may end for any cause. Twice over the same: there is something in it that the broker
        can't take, and without a word to say so it would end each connection for ever."""
        again = self._closed_over is payload
        self._closed_over = payload if isinstance(outcome, Closed) and not again else None
        return Refused(outcome.reason) if isinstance(outcome, Closed) and again else outcome

    async def close(self) -> None:
        self._open = False
        await self._drop()

    async def _drop(self) -> None:
        """What it has not sent is forgotten: it is encoded anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def _chosen(self, delivery: Delivery) -> Delivery:
        what = self.settings.what
        return replace(
            delivery,
            readings=delivery.readings if "readings" in what else Readings.empty(),
            windows=delivery.windows if "windows" in what else (),
            anomalies=delivery.anomalies if "anomalies" in what else (),
            incidents=delivery.incidents if "incidents" in what else (),
            incident_events=delivery.incident_events if "incidents" in what else (),
            indicators=delivery.indicators if "indicators" in what else (),
        )
