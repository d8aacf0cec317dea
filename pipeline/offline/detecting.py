"""From lines of `timestamp,value` to lines of scores, in blocks; how they are cut changes nothing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfoNotFoundError

import numpy as np

from processors.anomaly.localtime import LocalDay
from processors.anomaly.stream import Judged, Stream
from processors.texts import Language
from telemetry.batch import SEVERITIES, Float64, Int64
from telemetry.time import NEVER, epoch_ms, rfc3339s_ms

HEADER: Final = "timestamp,value,score,severity,reason"
LATEST: Final = 253_402_000_000_000
"""About the end of the year 9999, ms: in every time zone still a date."""
Style = Literal["full", "scores"]


class Audience(Protocol):
    """Who else wants to see what was judged."""

    def see(self, time: Int64, value: Float64, judged: Judged) -> None: ...


class Detecting:
    """Answers lines. Raises ValueError for a time zone that does not exist."""

    def __init__(self, zone: str, language: Language, style: Style, audience: Audience | None = None) -> None:
        try:
            self.stream = Stream(zone, language)
        except (ZoneInfoNotFoundError, OSError) as error:
            raise ValueError("not a time zone; names are like Asia/Jakarta") from error
        self.day = LocalDay(zone)
        self.style = style
        self.audience = audience

    def answer(self, lines: Sequence[str], first: int, complain: Callable[[int, str], None]) -> str:
        """The answers, a line each. first: the number of the first line."""
        header = first == 1 and bool(lines) and is_header(lines[0])
        fields = [line.split(",", 2)[:2] for line in (lines[1:] if header else lines)]
        time, value = self._columns(fields)
        good = (time != NEVER) & np.isfinite(value)
        judged = self.stream.process(time[good], value[good])
        if self.audience is not None:
            self.audience.see(time[good], value[good], judged)
        begin = first + header
        for row in np.flatnonzero(~good).tolist():
            complain(begin + row, _why(fields[row], int(time[row])))
        score = np.full(len(fields), np.nan)
        score[good] = judged.score
        head = [HEADER] if header and self.style == "full" else []
        body = self._full(fields, score, np.flatnonzero(good), judged) if self.style == "full" else _bare(score)
        return "".join(f"{line}\n" for line in [*head, *body])

    def _columns(self, fields: Sequence[Sequence[str]]) -> tuple[Int64, Float64]:
        """Times (NEVER where unreadable) and values (NaN)."""
        value = np.array([_number(each[1]) if len(each) == 2 else math.nan for each in fields])
        texts = [each[0].strip().strip('"') for each in fields]
        time = np.full(len(texts), NEVER, np.int64)
        words = [row for row, text in enumerate(texts) if "-" in text[1:] and ":" in text]
        offset = [row for row in words if _has_offset(texts[row])]
        wall = [row for row in words if not _has_offset(texts[row])]
        time[offset] = rfc3339s_ms([texts[row].replace(" ", "T", 1) for row in offset])
        if wall:
            local = rfc3339s_ms([texts[row].replace(" ", "T", 1) + "Z" for row in wall])
            known = local != NEVER
            local[known] = self.day.from_wall(local[known]) if known.any() else local[known]
            time[wall] = local
        for row in set(range(len(texts))).difference(words):
            time[row] = _epoch(texts[row])
        return time, value

    def _full(self, fields: Sequence[Sequence[str]], score: Float64, good: Int64, judged: Judged) -> list[str]:
        told = {int(good[row]): (SEVERITIES[severity], sentence) for row, severity, sentence in judged.told}
        lines = []
        for row, (each, one) in enumerate(zip(fields, score.tolist(), strict=True)):
            text = "" if one != one else f"{one:.6f}"
            if row in told:
                lines.append(_written([*each, text, *told[row]]))
            elif len(each) == 2:
                lines.append(f"{each[0]},{each[1].rstrip()},{text},,")
            else:
                lines.append(f"{each[0].rstrip()},,,,")
        return lines


def is_header(line: str) -> bool:
    """A line whose second field is there, and no number."""
    fields = line.split(",", 2)
    return len(fields) >= 2 and bool(fields[1].strip()) and math.isnan(_number(fields[1]))


def _bare(score: Float64) -> list[str]:
    return [f"{one:.6f}" for one in np.nan_to_num(score).tolist()]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        quoted = text.strip().strip('"')
        try:
            return float(quoted)
        except ValueError:
            return math.nan


def _has_offset(text: str) -> bool:
    return text[-1] in "zZ" or (len(text) > 6 and text[-6] in "+-" and text[-3] == ":")


def _epoch(text: str) -> int:
    try:
        time = epoch_ms(int(text) if text.lstrip("-").isdigit() else float(text))
    except ValueError:
        return NEVER
    return time if abs(time) <= LATEST else NEVER


def _why(fields: Sequence[str], time: int) -> str:
    if len(fields) < 2:
        return f"{fields[0].strip()[:40]!r} is not timestamp,value"
    if time == NEVER:
        return (
            f"{fields[0].strip()[:40]!r} is not a time; allowed: 2026-11-21T16:00:00Z, 2026-11-21 23:00:00, "
            "or a number since the epoch"
        )
    return f"{fields[1].strip()[:40]!r} is not a finite number"


def _written(fields: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([field.rstrip("\r\n") for field in fields])
    return out.getvalue()
