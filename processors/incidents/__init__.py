"""Few, true, explained incidents out of the signals of all other processors."""

from processors.incidents.processor import IncidentsProcessor

__all__ = ["IncidentsProcessor"]
