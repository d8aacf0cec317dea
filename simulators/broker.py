"""Where a broker is and how to get in: the `mqtt://` URL of the simulators' options."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from telemetry.errors import SettingsError

_PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Broker:
    """An address with credentials. `tls` follows the URL's scheme."""

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    @classmethod
    def parse(
        cls,
        url: str,
        username: str | None = None,
        password: str | None = None,
        ca_file: Path | None = None,
        cert_file: Path | None = None,
        key_file: Path | None = None,
    ) -> Broker:
        """From `mqtt[s]://[user[:password]@]host[:port]`; options win over the URL.

        Raises SettingsError that says what is wrong and what is allowed.
        """
        try:
            parts = urlsplit(url if "://" in url else f"mqtt://{url}")
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise SettingsError(f"broker {url!r}: {error}") from None
        if parts.scheme not in _PORTS:
            raise SettingsError(f"broker {url!r}: the scheme is {parts.scheme!r}; use mqtt:// or mqtts:// (TLS)")
        if not host:
            raise SettingsError(f"broker {url!r} names no host; write mqtt://HOST:PORT")
        return cls(
            host=host,
            port=port or _PORTS[parts.scheme],
            tls=parts.scheme == "mqtts",
            username=username or (unquote(parts.username) if parts.username else None),
            password=password or (unquote(parts.password) if parts.password else None),
            ca_file=ca_file,
            cert_file=cert_file,
            key_file=key_file,
        )

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"

    def tls_context(self) -> ssl.SSLContext | None:
        """None without TLS. Raises SettingsError for a certificate or key that can't be read."""
        if not self.tls:
            return None
        try:
            context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            files = ", ".join(str(file) for file in (self.ca_file, self.cert_file, self.key_file) if file)
            raise SettingsError(f"TLS files {files}: {error}") from None
        return context
