"""Opening the log: find its end, mend its tail, learn what the checkpoint does not know yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

from journal import codec
from journal.base import Gap
from journal.entries import Derived, ReadingsEntry, TickEntry
from journal.frames import Frame
from journal.scan import walk
from journal.segments import Segments
from journal.snapshots import cursor_of
from journal.state import Checkpoint
from telemetry.errors import Incompatible
from telemetry.series import Declaration


@dataclass(slots=True)
class Recovered:
    """What was found. `fd` is open for writing at `checkpoint.position`."""

    fd: int
    checkpoint: Checkpoint
    declared: tuple[Declaration, ...]
    """Names that the state file does not have yet."""
    reports: list[str]


@dataclass(slots=True)
class _Scan:
    """Gathers what the frames after a checkpoint add to it."""

    known: Checkpoint
    since: int
    """Where the checkpoint was saved: where the log ends before it, frames are read again whose snapshots it knows,
    and of them only the newest two still exist."""
    declared: list[Declaration] = field(default_factory=list)

    def take(self, frame: Frame) -> None:
        known = self.known
        if frame.kind == codec.READINGS:
            newest = max(known.newest_arrival, frame.aux)
            self.known = replace(known, readings=known.readings + frame.readings, newest_arrival=newest)
        elif frame.kind == codec.DERIVED:
            self.known = replace(known, covers=max(known.covers, frame.aux))
            if frame.marks & codec.SNAPSHOT and frame.position > self.since:
                name = cast(Derived, codec.decode(frame.kind, frame.payload)).snapshot
                if name != self.known.snapshot:
                    self.known = self.known.committing(name or "", cursor_of(name or "", frame.aux))
        if frame.marks & codec.DECLARES:
            self.declared += cast(ReadingsEntry | TickEntry, codec.decode(frame.kind, frame.payload)).declared


def recover(log: Segments, known: Checkpoint, handed_out: int) -> Recovered:
    """Scan from `known` to the end of the log and make it ready for writing.

    No position up to `handed_out` is used again. Raises Incompatible, OSError.
    """
    reports = log.load()
    if not log.all:
        if handed_out:
            reports.append(f"{log.folder}: the log is missing; all that was in it is lost")
        fd = log.create(handed_out, handed_out, known.readings)
        return Recovered(fd, replace(known, position=handed_out), (), reports)
    if known.position < log.floor:
        raise Incompatible(
            f"{log.folder.parent}: the log was trimmed up to {log.floor}, but journal.sqlite knows it only up to "
            f"{known.position}: it is missing or old. Restore it from a copy, or move the whole state_dir away"
        )
    return _recover(log, known, handed_out, reports)


def _recover(log: Segments, known: Checkpoint, handed_out: int, reports: list[str]) -> Recovered:
    last = log.all[-1]
    end = cut = last.end or last.base
    start = since = known.position
    if not log.first <= start <= end:
        from_segment = last if start > end else log.all[0]
        start = from_segment.base
        known = replace(known, readings=from_segment.readings_before)
    scan = _Scan(known, since)
    for item in walk(log, start, end):
        if isinstance(item, Frame):
            scan.take(item)
        elif item.upto == end and item.after >= last.base:
            cut = item.after
        else:
            reports.append(describe(item))
    if cut < end:
        reports.append(f"{last.path}: the last {end - cut} bytes were no whole entry; cut off")
        log.cut(cut)
    if handed_out > cut:
        reports.append(f"{last.path}: entries up to {handed_out} were in the log, but it ends at {cut}; they are lost")
    if cut == end >= handed_out:
        return Recovered(log.reopen(), replace(scan.known, position=end), tuple(scan.declared), reports)
    base = max(end, handed_out)
    fd = log.create(base, max(cut, handed_out), scan.known.readings)
    return Recovered(fd, replace(scan.known, position=base), tuple(scan.declared), reports)


def describe(gap: Gap) -> str:
    """For an operator."""
    return f"the journal has a gap after {gap.after} up to {gap.upto}: {gap.reason}"
