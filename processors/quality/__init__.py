"""Quality control in the manner of QARTOD, a test a file."""

from processors.quality.processor import Quality

__all__ = ["Quality"]
