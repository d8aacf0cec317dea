"""What the commands' common options say of files that can't be used."""

from pathlib import Path

import pytest

from pipeline.commands.options import broker_of
from telemetry.errors import SettingsError


def test_a_password_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"--password-file .*/password: is not UTF-8"):
        broker_of("mqtt://localhost", "siti", file, None, None, None)
