"""E-mail out: one message to one SMTP server, and of every failure whether the message may have left."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final, Literal

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPAuthenticationError, SMTPException, SMTPResponseException

from trunkline.model.errors import OutcomeUnknownError, ReconnectError, RejectedError, RemoteError, UnavailableError

Security = Literal["starttls", "tls", "none"]

TIMEOUT_S: Final = 30.0
_MOST_WORDS: Final = 300
_LATER: Final = range(400, 500)
_AUTH: Final = frozenset((530, 534, 535, 538))  # RFC 4954, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed over. `certificate` is the PEM of a private authority, for a server of one's own."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = field(default="", repr=False)
    certificate: str = ""


async def deliver(message: EmailMessage, server: MailServer, *, sender: str, recipients: tuple[str, ...]) -> dict[str, str]:
    """Hand `message` over; what the server said of recipients it refused, by address (empty: it took them all).

    Raises `UnavailableError` when the message surely did not leave and may be sent again, `OutcomeUnknownError` when the answer to it was
    lost, `ReconnectError` when the login is refused, `RejectedError` when the server will never take it. When it takes no recipient, one
    that it might take later is reason enough to try again.
    """
    async with _opened(server) as client:
        try:
            await client.mail(sender)
            refused = await _refused(client, recipients)
        except (SMTPException, OSError) as error:
            raise _translated(error) from error
        if len(refused) == len(recipients):
            later = [error for error in refused.values() if error.code in _LATER]
            if later:
                raise _translated(later[0])
            raise RejectedError(f"the mail server takes no recipient: {_words(next(iter(refused.values())))}", hint="Check the addresses.")
        await _hand_over(client, message)
        return {recipient: _words(error) for recipient, error in refused.items()}


async def _refused(client: SMTP, recipients: tuple[str, ...]) -> dict[str, SMTPResponseException]:
    found: dict[str, SMTPResponseException] = {}
    for recipient in recipients:
        try:
            await client.rcpt(recipient)
        except SMTPResponseException as error:
            found[recipient] = error
    return found


async def greet(server: MailServer) -> None:
    """Connect and log in, nothing more; raises what `deliver` raises."""
    async with _opened(server):
        return


@asynccontextmanager
async def _opened(server: MailServer) -> AsyncGenerator[SMTP]:
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        timeout=TIMEOUT_S,
        tls_context=ssl.create_default_context(cadata=server.certificate or None),
    )
    try:
        await client.connect()
        if server.username:
            await client.login(server.username, server.password)
    except (SMTPException, OSError) as error:
        client.close()
        raise _translated(error) from error
    try:
        yield client
    finally:
        client.close()


async def _hand_over(client: SMTP, message: EmailMessage) -> None:
    """From here on a lost answer says nothing about the message."""
    try:
        await client.data(message.as_bytes())
    except SMTPResponseException as error:
        raise _translated(error) from error
    except (SMTPException, OSError) as error:
        raise OutcomeUnknownError(
            "the mail server's answer to the message was lost", hint="Ask a recipient before you send it again."
        ) from error


def _translated(error: Exception) -> RemoteError:
    code = error.code if isinstance(error, SMTPResponseException) else 0
    if code in _AUTH or (isinstance(error, SMTPAuthenticationError) and code not in _LATER):
        return ReconnectError(f"the mail server refuses the login: {_words(error)}", hint="Check user name and password.")
    if code and code not in _LATER:
        return RejectedError(f"the mail server refuses: {_words(error)}", status=code)
    if isinstance(error, ssl.SSLError):
        return UnavailableError("the mail server's certificate or TLS is not good", hint="Check host, port and security.")
    return UnavailableError(f"the mail server cannot be used now: {_words(error)}", hint="Check host, port and security.")


def _words(error: Exception) -> str:
    """The server's own words, on one line and bounded."""
    text = f"{error.code} {error.message}" if isinstance(error, SMTPResponseException) else str(error) or type(error).__name__
    return " ".join(text.split())[:_MOST_WORDS]
