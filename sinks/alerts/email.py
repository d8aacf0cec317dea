"""`email`: a plain-text message; what is told later of the same incident answers the first, so mail
programs show one thread. smtplib blocks, so it runs in a thread.

What an answer means depends on what it answers (RFC 5321, 4.2.1: 4xx is for now, 5xx for good):

| 5xx to | |
|---|---|
| greeting, EHLO, STARTTLS, AUTH, MAIL FROM | Denied: the settings do not please the server |
| RCPT TO of some | the others are told, then Refused |
| RCPT TO of all | Refused; Denied where it is for security or policy (530, x.7.x: RFC 3463) |
| DATA, and the message | Refused |
| QUIT | nothing: the message has been taken |
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Final, Literal

from sinks.alerts.channel import DAY, Partly, Told
from sinks.alerts.notice import Notice
from sinks.base import Denied, Refused, Unreachable, Written

Answers = dict[str, tuple[int, bytes]]
"""By recipient who was not accepted, what the server said."""
TRIES: Final = 60
"""Of those whom the server can't take for now (greylisting), while the others have been told: about an hour."""
HELD: Final = 1_000
"""Messages whose remaining recipients are known; of the oldest beyond, all are told again."""


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    timeout: float
    """s"""
    user: tuple[str, str] | None = None
    ca_file: Path | None = None


@dataclass(slots=True)
class _Remaining:
    """Of a message that some have got: who has not, and who never will."""

    to: tuple[str, ...]
    tries: int = 0
    some_told: bool = False
    never: Answers = field(default_factory=dict)


class EmailChannel:
    refresh = 0
    age = DAY

    def __init__(
        self,
        server: Server,
        sender: str,
        to: tuple[str, ...],
        title: Callable[[Notice], str],
        words: Callable[[Notice], str],
    ) -> None:
        """sender, to: addresses, also with a name before `<…>`."""
        self.server = server
        self.sender = sender
        self.to = to
        self.title = title
        self.words = words
        self._remaining: dict[str, _Remaining] = {}

    async def open(self) -> None:
        """Each message is a connection of its own: they are few."""

    async def close(self) -> None:
        """As above."""

    def message(self, notice: Notice) -> EmailMessage:
        host = parseaddr(self.sender)[1].rpartition("@")[2]
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
        remaining = self._remaining.pop(notice.id, None) or _Remaining(self.to)
        answer = await asyncio.to_thread(self._send, self.message(notice), remaining.to)
        if not isinstance(answer, dict):
            outcome: Told = answer
        else:
            outcome = _settle(remaining, answer)
        if remaining.some_told and not isinstance(outcome, Written | Refused):
            self._remaining[notice.id] = remaining
            if len(self._remaining) > HELD:
                del self._remaining[next(iter(self._remaining))]
        return outcome

    def _send(self, message: EmailMessage, to: tuple[str, ...]) -> Told | Answers:
        """Who has not been accepted, or what became of all."""
        try:
            server = self._connection()
            try:
                if self.server.user is not None:
                    _login(server, *self.server.user)
                return server.send_message(message, to_addrs=to)
            finally:
                with contextlib.suppress(OSError):  # as all of smtplib's are; a fault here is no news of the message
                    server.quit()
                server.close()
        except smtplib.SMTPRecipientsRefused as error:
            return error.recipients
        except smtplib.SMTPDataError as error:
            words = _words(error.smtp_code, error.smtp_error)
            return Refused(words) if error.smtp_code >= 500 else Unreachable(words)
        except smtplib.SMTPResponseException as error:
            words = _words(error.smtp_code, error.smtp_error)
            return Denied(words) if error.smtp_code >= 500 else Unreachable(words)
        except ssl.SSLCertVerificationError as error:
            return Denied(f"the server's certificate is not trusted: {error.verify_message}; see ca_file")
        except ssl.SSLError as error:
            return Denied(f"TLS fails: {error.reason or error}; see tls, port, ca_file")
        except smtplib.SMTPServerDisconnected as error:
            return Unreachable(str(error))
        except smtplib.SMTPException as error:
            return Denied(f"{error} The settings ask for more than the server offers: see tls, username, addresses")
        except OSError as error:
            return Unreachable(str(error) or type(error).__name__)

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


def _login(server: smtplib.SMTP, user: str, password: str) -> None:
    """smtplib speaks ASCII only; PLAIN is UTF-8 (RFC 4616, 2)."""
    if (user + password).isascii():
        server.login(user, password)
        return
    server.ehlo_or_helo_if_needed()
    if "PLAIN" not in server.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("A user name or password that is not ASCII needs AUTH PLAIN.")
    told = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = server.docmd("AUTH", f"PLAIN {told}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, said)


def _settle(remaining: _Remaining, answers: Answers) -> Told:
    """What an attempt amounts to in which only the recipients in `answers` were not accepted."""
    remaining.tries += 1
    remaining.some_told |= len(answers) < len(remaining.to)
    remaining.never |= {who: answer for who, answer in answers.items() if answer[0] >= 500}
    later = {who: answer for who, answer in answers.items() if answer[0] < 500}
    if not remaining.some_told:
        if later:
            return Unreachable(_all(answers))
        ours = any(code == 530 or said.startswith(b"5.7.") for code, said in answers.values())
        return Denied(_all(answers)) if ours else Refused(_all(answers))
    if later and remaining.tries < TRIES:
        remaining.to = tuple(later)
        return Partly(_all(later))
    lost = remaining.never | later
    return Refused(f"{_all(lost)}; the others have been told") if lost else Written()


def _all(answers: Answers) -> str:
    return "; ".join(f"{who}: {_words(*answer)}" for who, answer in answers.items())


def _words(code: int, said: bytes | str) -> str:
    return f"{code} {said.decode('utf-8', 'replace') if isinstance(said, bytes) else said}"
