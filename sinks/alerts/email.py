"""`email`: a plain-text message; what is told later of the same incident answers the first, so mail
programs show one thread. smtplib blocks, so it runs in a thread."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from sinks.alerts.channel import Told
from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Unreachable, Written


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    timeout: float
    """s"""
    user: tuple[str, str] | None = None
    ca_file: Path | None = None


class EmailChannel:
    refresh = 0

    def __init__(
        self,
        server: Server,
        sender: str,
        to: tuple[str, ...],
        title: Callable[[Notice], str],
        words: Callable[[Notice], str],
    ) -> None:
        self.server = server
        self.sender = sender
        self.to = to
        self.title = title
        self.words = words

    async def open(self) -> None:
        """Each message is a connection of its own: they are few."""

    async def close(self) -> None:
        """As above."""

    def message(self, notice: Notice) -> EmailMessage:
        host = self.sender.rpartition("@")[2]
        message = EmailMessage()
        message["Subject"] = " ".join(self.title(notice).split())
        message["From"], message["To"] = self.sender, ", ".join(self.to)
        message["Date"] = format_datetime(datetime.fromtimestamp(notice.time / 1000, UTC))
        message["Message-ID"] = f"<{notice.id}@{host}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.first is not None and notice.first.id != notice.id:
            message["In-Reply-To"] = message["References"] = f"<{notice.first.id}@{host}>"
        message.set_content(self.words(notice))
        return message

    async def send(self, notice: Notice) -> Told:
        return await asyncio.to_thread(self._send, self.message(notice))

    def _send(self, message: EmailMessage) -> Told:
        try:
            with self._connection() as server:
                if self.server.user is not None:
                    server.login(*self.server.user)
                refused = server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            return _refused("; ".join(_words(*why) for why in error.recipients.values()), error.recipients.values())
        except smtplib.SMTPAuthenticationError as error:
            return Denied(_words(error.smtp_code, error.smtp_error))
        except smtplib.SMTPNotSupportedError as error:
            return Denied(f"{error}; set tls to what the server offers")
        except smtplib.SMTPResponseException as error:
            words = _words(error.smtp_code, error.smtp_error)
            return Refused(words) if error.smtp_code >= 500 else Unreachable(words)
        except ssl.SSLCertVerificationError as error:
            return Denied(f"the server's certificate is not trusted: {error.verify_message}; see ca_file")
        except (OSError, smtplib.SMTPException) as error:
            return Unreachable(str(error) or type(error).__name__)
        if refused:
            return Refused("; ".join(f"{who}: {_words(*why)}" for who, why in refused.items()))
        return Written()

    def _connection(self) -> smtplib.SMTP:
        server = self.server
        if server.tls == "tls":
            return smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=self._context())
        connection = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
        if server.tls == "starttls":
            try:
                connection.starttls(context=self._context())
            except BaseException:
                connection.close()
                raise
        return connection

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.server.ca_file)


def _words(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"


def _refused(words: str, answers: object) -> Told:
    """4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    codes = [code for code, _ in answers]  # type: ignore[attr-defined]
    return Refused(words) if all(code >= 500 for code in codes) else Unreachable(words)
