"""The file of a recording: what was written is read, and what is broken is named."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.recording import Message, Reader, Writer, matcher
from telemetry.errors import RecordingError

MESSAGES = [
    Message(1_763_769_600_000_000 + number, f"nadi/v1/c/water/é/{number}", b"%d" % number, number % 2, number % 3 == 0)
    for number in range(300)
]


def read(path: Path) -> tuple[list[Message], str]:
    """What can be read, and what is then said of the rest."""
    reader, found = Reader(path), list[Message]()
    try:
        for message in reader:
            found.append(message)
    except RecordingError as error:
        return found, str(error)
    return found, reader.cut or ""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """300 messages, flushed after every hundred."""
    path = tmp_path / "a.ndr.gz"
    with Writer(path, 1_763_769_600_000, ["nadi/v1/#"]) as writer:
        for number, message in enumerate(MESSAGES, 1):
            writer.write(message)
            if number % 100 == 0:
                writer.flush()
    return path


def test_what_was_written_is_read(file: Path) -> None:
    reader = Reader(file)
    assert list(reader) == MESSAGES
    assert (reader.began, reader.topics, reader.cut) == (1_763_769_600_000, ("nadi/v1/#",), None)


def test_large_payloads_are_read_in_pieces(tmp_path: Path) -> None:
    big = Message(0, "t", bytes(3_000_000), 0, False)
    with Writer(tmp_path / "b.gz", 0, []) as writer:
        writer.write(big)
        writer.write(MESSAGES[0])
    assert list(Reader(tmp_path / "b.gz")) == [big, MESSAGES[0]]


def test_what_was_flushed_is_readable_while_the_writer_goes_on(tmp_path: Path) -> None:
    writer = Writer(tmp_path / "c.gz", 0, [])
    for message in MESSAGES[:7]:
        writer.write(message)
    writer.flush()
    writer.write(MESSAGES[8])
    reader = Reader(tmp_path / "c.gz")
    assert list(reader) == MESSAGES[:7]
    assert reader.cut is not None
    assert "after 7 whole messages" in reader.cut
    writer.close()


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1, exclude_max=True))
def test_a_file_cut_anywhere_gives_its_whole_messages(tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    path = tmp_path_factory.mktemp("cut") / "a.gz"
    with Writer(path, 0, []) as writer:
        for message in MESSAGES:
            writer.write(message)
            writer.flush()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    found, told = read(path)
    assert found == MESSAGES[: len(found)]
    assert len(found) >= int(300 * share) - 40
    assert f"{path}: is cut off" in told


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_byte_never_passes_for_sound(tmp_path_factory: pytest.TempPathFactory, at: int, change: int) -> None:
    path = tmp_path_factory.mktemp("damage") / "a.gz"
    with Writer(path, 0, []) as writer:
        for message in MESSAGES:
            writer.write(message)
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= change
    path.write_bytes(data)
    found, told = read(path)
    assert found == MESSAGES[: len(found)]
    assert len(found) == 300 or (str(path) in told and "byte" in told)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"plain text, no gzip", "bytes 0 and 19"),
        (gzip.compress(b"something else", mtime=0), "no recording"),
        (gzip.compress(b"nadi-recording 2\n{}\n", mtime=0), "another version"),
        (gzip.compress(b"nadi-recording 1\nrubbish\n", mtime=0), "header"),
        (
            gzip.compress(b'nadi-recording 1\n{"began": 1, "topics": []}\n' + b"\xff" * 40, mtime=0),
            "message 1 has a message of",
        ),
        (b"", "cut off in its header, at byte 0"),
    ],
)
def test_a_broken_file_is_named_with_the_place(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "broken.gz"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=words) as caught:
        list(Reader(path))
    assert str(path) in str(caught.value)


def test_a_recording_is_never_overwritten(file: Path) -> None:
    with pytest.raises(RecordingError, match="exists already"):
        Writer(file, 0, [])
    with pytest.raises(RecordingError, match="can't be made"):
        Writer(file / "x", 0, [])
    with pytest.raises(RecordingError, match="can't be read"):
        list(Reader(file.parent / "none"))


@pytest.mark.parametrize(
    ("topic_filter", "yes", "no"),
    [
        ("nadi/v1/#", ["nadi/v1", "nadi/v1/a", "nadi/v1/a/b"], ["nadi/v2", "nadi/v10/a"]),
        ("a/+/c", ["a/b/c", "a//c"], ["a/b/d", "a/b/c/d", "a/b/b/c"]),
        ("#", ["a", "a/b"], ["$SYS/x"]),
        ("+/x", ["a/x"], ["$SYS/x"]),
        ("a.b", ["a.b"], ["axb"]),
    ],
)
def test_filters_are_mqtt_s(topic_filter: str, yes: list[str], no: list[str]) -> None:
    pattern = matcher([topic_filter, "never"])
    assert all(map(pattern.fullmatch, yes))
    assert not any(map(pattern.fullmatch, no))


@pytest.mark.parametrize("topic_filter", ["", "a/#/b", "a#", "a/b+"])
def test_a_wrong_filter_is_refused(topic_filter: str) -> None:
    with pytest.raises(ValueError, match="no topic filter"):
        matcher([topic_filter])
