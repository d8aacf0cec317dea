"""Which settings a running nadi takes over at once, and which wait for its next start.

At once: what the processors, the decoder, the sinks and the users' list are made from, for each of
these can be made anew on the same journal. Waiting: what holds something that can't be exchanged
under way, such as the session with the broker, the lock on state_dir, or an address.
"""

from __future__ import annotations

from typing import Any, Final, TypeVar

from config.checks import contradictions
from config.settings import Section, Settings
from telemetry.errors import SettingsError

AT_ONCE: Final = frozenset(
    {
        *(
            "catalogue",
            "thresholds",
            "language",
            "timezone",
            "cities",
            "windows",
            "grace",
            "idle_close",
            "lateness",
            "max_future",
            "raw",
        ),
        *("influx", "historian", "republish", "limits", "shutdown_timeout", "http.users_file"),
        *("mqtt.topics", "mqtt.qos", "mqtt.retained", "decoders", "alerts"),
    }
)
"""Keys and whole sections. A key that is not here waits, one that is yet to be added too."""

Model = TypeVar("Model", bound=Section)


def merged(running: Settings, wanted: Settings) -> tuple[Settings, list[str]]:
    """`running` with all of `wanted` that can be taken over at once, and the keys that must wait.

    Raises SettingsError where what can be taken over does not go together with what must wait.
    """
    waiting: list[str] = []
    mixed = _mixed(running, wanted, "", waiting)
    if waiting and (found := contradictions(mixed)):
        faults = "; ".join(f"{'.'.join(map(str, each.key))}: {each.text}" for each in found)
        raise SettingsError(f"needs a restart, for {', '.join(waiting)} can't change before: {faults}")
    return mixed, waiting


def _mixed(running: Model, wanted: Model, prefix: str, waiting: list[str]) -> Model:
    update: dict[str, Any] = {}
    for name in type(running).model_fields:
        key, old, new = prefix + name, getattr(running, name), getattr(wanted, name)
        if old == new:
            continue
        if key in AT_ONCE:
            update[name] = new
        elif isinstance(old, Section) and isinstance(new, Section):
            update[name] = _mixed(old, new, f"{key}.", waiting)
        else:
            waiting.append(key)
    return running.model_copy(update=update)
