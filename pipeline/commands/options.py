"""The options by which a command reaches a broker, the same for all that publish or listen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telemetry.errors import SettingsError

if TYPE_CHECKING:
    from simulators.broker import Broker

Url = Annotated[str, typer.Option("--broker", help="mqtt[s]://[user:password@]host[:port]")]
Username = Annotated[str | None, typer.Option("--username")]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="holds the password, which also may stand in the URL")
]
CaFile = Annotated[Path | None, typer.Option("--ca-file", help="certificates to trust, PEM")]
CertFile = Annotated[Path | None, typer.Option("--cert-file", help="our certificate, PEM")]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="our private key, PEM")]

LOCAL = "mqtt://localhost:1883"


def broker_of(
    url: str,
    username: str | None,
    password_file: Path | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
) -> Broker:
    """Raises SettingsError that names the option at fault."""
    from simulators.broker import Broker

    broker = Broker.parse(url, username, _secret(password_file), ca_file, cert_file, key_file)
    broker.tls_context()  # files that can't be read are told now
    return broker


def _secret(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise SettingsError(f"--password-file {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"--password-file {file}: is not UTF-8") from None
