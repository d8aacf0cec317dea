"""What some work costs the processor, whatever else this machine and this process do meanwhile."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most(seconds: float, what: str = "") -> Iterator[None]:
    """Fails where what is done within takes more CPU seconds of this thread than that; other threads' are not counted.
    what: said with it. What other tests left is not looked through for garbage again and again at this one's cost."""
    gc.freeze()
    began = time.thread_time()
    try:
        yield
        took = time.thread_time() - began
    finally:
        gc.unfreeze()
    assert took < seconds, f"{what or 'it'} took {took:.2f} CPU seconds"
