"""A picture of a series and its scores, as PNG: drawn into an array and packed with zlib.

Two lines, some marks and a few numbers are not worth a drawing library of tens of megabytes in
every installation.
"""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from processors.anomaly.stream import Judged
from telemetry.batch import Float64, Int64
from telemetry.errors import NadiError

Canvas = NDArray[np.uint8]
WIDTH, HEIGHT, LEFT, RIGHT = 1200, 520, 90, 20
VALUES, SCORES = (20, 330), (370, 480)
"""First and last row of each panel."""
LINE, SCORE, GRID, TEXT = (31, 111, 139), (70, 90, 100), (217, 221, 225), (51, 58, 64)
MARKS: Final = ((230, 180, 60), (224, 130, 40), (190, 40, 40))
"""By severity."""
GLYPHS: Final = {
    "0": "69bd996", "1": "2622227", "2": "691248f", "3": "e11611e", "4": "359f111", "5": "f8e1196",
    "6": "68e9996", "7": "f112244", "8": "6996996", "9": "6999716", "-": "0006000", ".": "0000066",
    ":": "0660660", "+": "0027200", "e": "0069e86", " ": "0000000",
}  # fmt: skip
"""Seven rows of four dots each, a hexadecimal digit a row."""


class Picture:
    """Remembers what was judged, 24 bytes a reading, and draws it in the end."""

    def __init__(self, path: Path, zone: str) -> None:
        self.path = path
        self.zone = zone
        self._columns: list[tuple[Int64, Float64, Float64]] = []
        self._told: list[tuple[int, int]] = []
        self._rows = 0
        if not path.parent.is_dir():
            raise NadiError(f"--plot {path}: there is no folder {path.parent}")

    def see(self, time: Int64, value: Float64, judged: Judged) -> None:
        self._columns.append((time.copy(), value.copy(), judged.score.copy()))
        self._told += [(self._rows + row, severity) for row, severity, _ in judged.told]
        self._rows += len(time)

    def save(self) -> None:
        """Write the file. Raises NadiError where it can't be."""
        try:
            self.path.write_bytes(png(self._drawn()))
        except OSError as error:
            raise NadiError(f"--plot {self.path}: {error.strerror}") from error

    def _drawn(self) -> Canvas:
        canvas = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        if not self._rows:
            return canvas
        time, value, score = (np.concatenate(column) for column in zip(*self._columns, strict=True))
        x = _scaled(time.astype(np.float64), float(time.min()), float(time.max()), LEFT, WIDTH - RIGHT - 1)
        low, high = float(value.min()), float(value.max())
        _axis(canvas, VALUES, low, high)
        _axis(canvas, SCORES, 0.0, 1.0)
        for row, severity in self._told:
            canvas[VALUES[0] : SCORES[1], x[row]] = MARKS[severity]
        _curve(canvas, x, _scaled(value, low, high, VALUES[1], VALUES[0]), LINE)
        _curve(canvas, x, _scaled(np.nan_to_num(score), 0.0, 1.0, SCORES[1], SCORES[0]), SCORE)
        for share, when in ((0.0, int(time.min())), (1.0, int(time.max()))):
            label = _local(when, self.zone)
            _write(canvas, label, int(LEFT + share * (WIDTH - LEFT - RIGHT - 10 * len(label))), HEIGHT - 24)
        return canvas


def _local(time: int, zone: str) -> str:
    local = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=time)
    return local.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")


def _scaled(values: Float64, low: float, high: float, first: int, last: int) -> NDArray[np.int64]:
    """Pixels: `low` at `first`, `high` at `last`; in the middle where there is no range."""
    half_low, half_span = low / 2, high / 2 - low / 2
    share = (values / 2 - half_low) / half_span if half_span > 0 else np.full(len(values), 0.5)
    return np.rint(first + share * (last - first)).astype(np.int64)


def _axis(canvas: Canvas, panel: tuple[int, int], low: float, high: float) -> None:
    for share in (0.0, 0.5, 1.0):
        row = round(panel[1] + share * (panel[0] - panel[1]))
        canvas[row, LEFT : WIDTH - RIGHT] = GRID
        label = f"{low * (1 - share) + high * share:.4g}"
        _write(canvas, label, max(0, LEFT - 8 - 10 * len(label)), row - 7)


def _curve(canvas: Canvas, x: NDArray[np.int64], y: NDArray[np.int64], colour: tuple[int, int, int]) -> None:
    """A line through the points: in each column of pixels from the lowest to the highest that it passes."""
    steps = np.maximum(np.abs(np.diff(x)), 1)
    top, bottom = np.full(WIDTH, HEIGHT), np.full(WIDTH, -1)
    for columns, rows in ((x, y), (x[1:], y[:-1])):
        np.minimum.at(top, columns, rows)
        np.maximum.at(bottom, columns, rows)
    for at in np.flatnonzero(steps > 1).tolist():
        columns = np.arange(min(x[at], x[at + 1]), max(x[at], x[at + 1]) + 1)
        rows = np.rint(np.interp(columns, sorted((x[at], x[at + 1])), (y[at], y[at + 1]))).astype(np.int64)
        top[columns], bottom[columns] = np.minimum(top[columns], rows), np.maximum(bottom[columns], rows)
    for column in np.flatnonzero(bottom >= 0).tolist():
        canvas[top[column] : bottom[column] + 2, column] = colour


def _write(canvas: Canvas, text: str, left: int, top: int) -> None:
    """Digits of 8 by 14 pixels."""
    for place, letter in enumerate(text):
        rows = GLYPHS[letter]
        dots = np.array([[int(row, 16) >> (3 - bit) & 1 for bit in range(4)] for row in rows], np.bool_)
        dots = dots.repeat(2, axis=0).repeat(2, axis=1)
        part = canvas[top : top + 14, left + 10 * place : left + 10 * place + 8]
        part[dots[: part.shape[0], : part.shape[1]]] = TEXT


def png(canvas: Canvas) -> bytes:
    """Eight bits each of red, green and blue (PNG, ISO/IEC 15948), without a filter."""
    height, width, _ = canvas.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = canvas.reshape(height, -1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(rows.tobytes(), 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
