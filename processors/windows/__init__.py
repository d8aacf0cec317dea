"""Exact event-time windows: tumbling, UTC-aligned, with a watermark for each device.

              closed_until        greatest - grace      greatest
    ──────────────┤····················┼───────────────────┤──▶ event time of one device
      closed: late│  open: counted when the window closes
      rows re-emit│
      their window│

A window [start, start + length) holds its start and not its end.

- processor.py    the order of events: readings in, rows out, snapshot
- watermark.py    when a window is closed for a device; what is late, what has expired
- repeats.py      which readings repeat one that is already there
- openrows.py     raw rows of open windows of the shortest length, in memory
- closing.py      moves the rows of closed windows into chunks and emits their windows
- chunks.py       raw rows of closed windows, on disk, until nothing late can reach them
- longer.py       windows of the other lengths, computed from chunks in bounded slices
- silent.py       windows of catalogued series that sent nothing
- statistics.py, counters.py   from sorted rows to the numbers of a window
- echoes.py       a late reading of a counter that changes a later window's delta
- retention.py    drops chunks;  emission.py, saving.py: rows out, state out and in
"""

from processors.windows.config import WindowsConfig
from processors.windows.processor import WindowsProcessor

__all__ = ["WindowsConfig", "WindowsProcessor"]
