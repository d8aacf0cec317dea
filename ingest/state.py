"""What the subscriber must remember across restarts: its client id and what it is subscribed to."""

from __future__ import annotations

import json
import logging
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from telemetry.errors import SettingsError

log = logging.getLogger("nadi.ingest")


@dataclass(slots=True)
class SubscriberState:
    """Kept in `mqtt.json`. filters: the session's topic filters with their QoS, as last acknowledged
    by `broker` (host:port) for `client_id`; empty where there is no session. sure: that the session holds just
    these; not from the next CONNECT or request on, until the broker has answered: of a connection that was lost in
    between nobody knows what it has left behind, and it may be a new session without any filter."""

    path: Path
    client_id: str
    broker: str = ""
    filters: dict[str, int] = field(default_factory=dict)
    sure: bool = False
    _unwritten: bool = False
    """What the session holds could not be written down."""

    @classmethod
    def load(cls, state_dir: Path, client_id: str | None, broker: str) -> SubscriberState:
        """Read the file; a session of another client id or broker is none of ours.

        Raises SettingsError if the file can't be read."""
        path = state_dir / "mqtt.json"
        kept: dict[str, object] = {}
        if path.exists():
            try:
                kept = json.loads(path.read_text())
                filters = {str(name): int(qos) for name, qos in dict(kept["filters"]).items()}  # type: ignore[call-overload]
                state = cls(path, str(kept["client_id"]), str(kept["broker"]), filters, kept.get("sure") is True)
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise SettingsError(f"{path}: not readable as the subscriber's state: {error!r}; delete it") from error
        else:
            state = cls(path, client_id or f"nadi-{secrets.token_hex(8)}", broker)
        if (client_id is not None and state.client_id != client_id) or state.broker != broker:
            state = cls(path, client_id or state.client_id, broker)
        if not path.exists():
            state.save()
        return state

    def doubt(self) -> None:
        """What the session holds is not known from here on, until the broker has answered."""
        if self.sure:
            self.sure = False
            self._write_down()

    def hold(self, filters: dict[str, int]) -> None:
        """That is what the broker has answered."""
        if self.filters != filters or not self.sure or self._unwritten:
            self.filters, self.sure = filters, True
            self._write_down()

    def _write_down(self) -> None:
        """A disk that is full ends neither the connection nor a reload: it is tried again with the next answers."""
        try:
            self.save()
        except OSError as error:
            log.error("%s can't be written: after a restart topics may come that nobody wants: %s", self.path, error)
            self._unwritten = True
        else:
            self._unwritten = False

    def save(self) -> None:
        """Replace the file in one step, on disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".tmp")
        content = asdict(self)
        del content["path"], content["_unwritten"]
        with fresh.open("w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.path)
