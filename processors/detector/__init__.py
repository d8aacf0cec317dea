"""The first detectors: limits from the catalogue, and a robust z-score of the recent past."""

from processors.detector.detector import Detector

__all__ = ["Detector"]
