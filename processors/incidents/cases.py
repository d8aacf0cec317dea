"""One case in event time: when it opens, and when what it showed has ended.

    condition  ____████████_____█████████________________
    on-delay       ├──┤         ┆
    incident   _______├─ opened ┆ ........ off-delay ┤ returned
                      at the rise            after the last fall

A live signal is followed by the log's own time. One that comes late (of a backfill) is followed
by its device's event times: no delay is over before the device has told what happened next, or
has been silent about it for SETTLE_MS.
"""

from __future__ import annotations

from collections.abc import Callable, Container

from processors.incidents.model import NEVER, Case, Condition
from processors.incidents.rules import EXCUSED, LAG_MS, SETTLE_MS
from processors.kinds import KINDS, Kind
from processors.signals import NOBODY, Signal

DeviceOf = Callable[[int], int]
"""The device of a series."""
Reach = Callable[[Condition], int]
"""The event time up to which a condition is known."""


def settled(condition: Condition, now: int) -> bool:
    """Whether the condition is known to be as it is up to `now`, the log's time."""
    return condition.heard - condition.changed <= LAG_MS or now - condition.heard >= SETTLE_MS


def so_far(now: int) -> Reach:
    """What time alone tells: live conditions are known up to `now`, late ones up to their latest signal."""
    return lambda condition: now if settled(condition, now) else condition.changed


def before(signal: Signal) -> Reach:
    """What a signal tells: until then nothing else had happened."""
    return lambda condition: signal.time


def apply(case: Case, signal: Signal, now: int) -> bool:
    """Take a signal; whether the case has changed between holding and not."""
    condition = case.conditions.get(signal.member)
    if not signal.active:
        if condition is None or not condition.active:
            if condition is not None:
                condition.lost = False
            return False
        condition.active = False
        condition.changed, condition.heard = max(signal.time, condition.since), now
        condition.ended = condition.changed
        case.active -= 1
        return True
    risen = condition is None or not condition.active
    if condition is None:
        condition = case.conditions[signal.member] = Condition(signal.member, True, signal.time, 0, 0, 0, 0, 0, 0, "")
    elif not condition.active:
        condition.active, condition.lost, condition.since = True, False, signal.time
    condition.again = 0
    case.active += risen
    condition.changed, condition.heard = max(signal.time, condition.since), now
    condition.severity, condition.value = signal.severity, signal.value
    condition.score, condition.reason = signal.score, signal.reason
    return risen


def expire(case: Case, now: int) -> list[int]:
    """End what holds only for a while after its latest signal; the members that ended."""
    lasts = _ms(KINDS[case.kind].lasts)
    reach, ended = so_far(now), []
    if lasts:
        for condition in case.conditions.values():
            if condition.active and reach(condition) - condition.changed >= lasts:
                condition.active = False
                condition.ended = condition.changed + lasts
                case.active -= 1
                ended.append(condition.member)
    return ended


def opening(case: Case, reach: Reach, excused: Container[int], device_of: DeviceOf) -> list[Condition]:
    """The conditions that make it an incident; empty where it is none yet."""
    kind = KINDS[case.kind]
    delay, within = _ms(kind.on_delay), _ms(kind.within)
    found = [
        condition
        for condition in case.conditions.values()
        if (condition.active or (within and not condition.lost))
        and not (case.kind in EXCUSED and condition.member in excused)
        and (reach(condition) if condition.active else condition.ended) - condition.begun >= delay
    ]
    if not found or kind.members <= 1:
        return found
    if within:
        newest = max(condition.since for condition in found)
        found = [condition for condition in found if newest - condition.since <= within]
    return found if _agree(found, kind, device_of) else []


def _agree(found: list[Condition], kind: Kind, device_of: DeviceOf) -> bool:
    if any(condition.member == NOBODY or condition.score >= kind.strong for condition in found):
        return True
    return len({device_of(condition.member) for condition in found}) >= kind.members


def ending(case: Case, reach: Reach) -> int | None:
    """When all conditions have ended, and the off-delay after that is over: that end (ms)."""
    if case.active or not case.conditions:
        return None
    ended = max(condition.ended for condition in case.conditions.values())
    known = min(reach(condition) for condition in case.conditions.values())
    return ended if known - ended >= _ms(KINDS[case.kind].off_delay) else None


def forget_ended(case: Case, now: int) -> None:
    """Drop conditions that have ended and may not count any more."""
    within, reach = _ms(KINDS[case.kind].within), so_far(now)
    for member, condition in list(case.conditions.items()):
        if not condition.active and not condition.lost and reach(condition) - condition.ended >= within:
            del case.conditions[member]


def due(case: Case, now: int) -> int:
    """The next log time at which time alone may change something; NEVER if nothing waits."""
    kind = KINDS[case.kind]
    moments = []
    for condition in case.conditions.values():
        if condition.heard - condition.changed > LAG_MS:
            moments.append(condition.heard + SETTLE_MS)
        if condition.active:
            moments.append(condition.begun + _ms(kind.on_delay))
            if kind.lasts:
                moments.append(condition.changed + _ms(kind.lasts))
        else:
            moments.append(condition.ended + _ms(kind.off_delay))
            moments.append(condition.ended + _ms(kind.within))
    return min((moment for moment in moments if moment > now), default=NEVER)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
