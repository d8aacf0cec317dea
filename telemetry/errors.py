"""Every error that nadi raises on purpose.

    NadiError
    ├── SettingsError            settings or catalogue are wrong (exit 2)
    ├── SeriesLimit              no room for another series
    ├── WireError                bytes that are not MQTT; the connection is closed
    ├── BrokerError              a broker that a simulator can't reach, or that refuses it
    ├── RecordingError           a recording of messages that can't be written, or is damaged
    ├── StoreError               the historian's file is damaged, locked, or not ours
    └── JournalError
        ├── Full                 no room in the journal; acknowledging is held
        ├── TooLarge             one entry above the journal's limit
        ├── Unavailable          the journal can't be written now; retried
        ├── Fenced               another owner has taken over; discard state
        ├── Locked               another process uses this state_dir
        └── Incompatible         what is stored is of a version, or in a state, that can't be used

The outcomes of writing to a sink are values, not errors: see `sinks/base.py`.
"""


class NadiError(Exception):
    """Base of all errors that carry a message meant for a person."""


class SettingsError(NadiError):
    """Settings or catalogue that can't be used; names file, line, key and what is allowed."""


class SeriesLimit(NadiError):
    """`limits.max_series` (or the limit of one zone) is reached."""


class WireError(NadiError):
    """Bytes from the broker that are not the MQTT that was negotiated."""


class BrokerError(NadiError):
    """A broker that a simulator can't reach, or that refuses it."""


class RecordingError(NadiError):
    """A recording that can't be made, written or read; names file and offset."""


class StoreError(NadiError):
    """The historian's file can't be used: damaged, locked by another process, or not ours."""


class JournalError(NadiError):
    """Base of what the journal's contract may raise."""


class Full(JournalError):
    """The journal has reached `journal.max_bytes`, or its disk is full."""


class TooLarge(JournalError):
    """One entry is above what the journal takes in a piece."""


class Unavailable(JournalError):
    """The journal can't be written at the moment; the caller holds its acknowledgements."""


class Fenced(JournalError):
    """Another owner has taken the partition over: discard state, never retry."""


class Locked(JournalError):
    """Another process holds the lock on this `state_dir`."""


class Incompatible(JournalError):
    """What is in `state_dir` is of another version, or parts of it are missing."""
