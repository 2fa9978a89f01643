"""A simulated mail server: takes messages over SMTP, asks for a login, and fails when it is told to."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from trunkline.model.connection import Account, Credential
from trunkline.model.json import JSONObject

USERNAME: Final = "mailer"
PASSWORD: Final = "correct-horse-battery"
HOST: Final = "127.0.0.1"

Ending = Literal["answer", "drop"]


@dataclass(slots=True)
class Taken:
    """A message that arrived whole."""

    sender: str
    recipients: list[str]
    message: EmailMessage


@dataclass(slots=True)
class FakeMail:
    """`refuse` maps a verb (`RCPT`, `DATA`, `AUTH`) to the reply it gets; `drop_after_data` loses the answer to a message it took."""

    taken: list[Taken] = field(default_factory=list[Taken])
    refuse: dict[str, str] = field(default_factory=dict[str, str])
    refuse_recipients: set[str] = field(default_factory=set[str])
    drop_after_data: bool = False
    logins: int = 0
    port: int = 0
    certificate: str = ""
    tls: ssl.SSLContext | None = None
    _talking: "set[asyncio.Task[None] | None]" = field(default_factory=set["asyncio.Task[None] | None"])

    def account(self, *, security: str = "none", **options: str) -> Account:
        given: JSONObject = {"host": HOST, "port": self.port, "security": security, "from": "Hub <hub@example.com>", **options}
        if self.certificate:
            given["certificate"] = self.certificate
        return Account(options=given, credential=Credential({"username": USERNAME, "password": PASSWORD}))

    @asynccontextmanager
    async def serving(self, *, tls: bool = False, port: int = 0) -> AsyncGenerator["FakeMail"]:
        """Serve on a loopback port of this process; with `tls` from the first byte, else STARTTLS is offered."""
        self.tls, self.certificate = _made_context()
        server = await asyncio.start_server(self._serve, HOST, port, ssl=self.tls if tls else None)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await asyncio.gather(*(task for task in self._talking if task is not None), return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._talking.add(task)
        try:
            await _Conversation(self, reader, writer).hold()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()
            self._talking.discard(task)


@dataclass(slots=True)
class _Conversation:
    server: FakeMail
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipients: list[str] = field(default_factory=list[str])
    known: bool = False

    async def hold(self) -> None:
        await self._say("220 fake ESMTP")
        while line := (await self.reader.readline()).decode("utf-8", "replace").strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            if verb == "QUIT":
                await self._say("221 bye")
                return
            if not await self._answer(verb, line):
                return

    async def _answer(self, verb: str, line: str) -> bool:
        """Whether the conversation goes on."""
        if words := self.server.refuse.get(verb):
            await self._say(words)
            return True
        match verb:
            case "EHLO" | "HELO":
                await self._say("250-fake\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN")
            case "STARTTLS":
                await self._say("220 go ahead")
                await self.writer.start_tls(self.server.tls or ssl.create_default_context())
            case "AUTH":
                await self._login(line)
            case "MAIL" if not self.known:
                await self._say("530 5.7.0 log in first")
            case "MAIL":
                self.sender = line.partition("<")[2].partition(">")[0]
                await self._say("250 ok")
            case "RCPT":
                await self._recipient(line.partition("<")[2].partition(">")[0])
            case "DATA":
                return await self._take()
            case "NOOP" | "RSET":
                await self._say("250 ok")
            case _:
                await self._say("502 5.5.1 unknown")
        return True

    async def _login(self, line: str) -> None:
        parts = line.split(" ")
        given = b64decode(parts[2]).split(b"\0")[1:] if parts[1].upper() == "PLAIN" and len(parts) > 2 else await self._asked(parts)
        self.known = given == [USERNAME.encode(), PASSWORD.encode()]
        self.server.logins += self.known
        await self._say("235 welcome" if self.known else "535 5.7.8 wrong user name or password")

    async def _asked(self, parts: list[str]) -> list[bytes]:
        """AUTH LOGIN: the name may come along with the command."""
        answers = [b64decode(part) for part in parts[2:]]
        for prompt in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6")[len(answers) :]:
            await self._say(prompt)
            answers.append(b64decode(await self.reader.readline()))
        return answers

    async def _recipient(self, address: str) -> None:
        if address in self.server.refuse_recipients:
            await self._say("550 5.1.1 nobody here by that name")
            return
        self.recipients.append(address)
        await self._say("250 ok")

    async def _take(self) -> bool:
        await self._say("354 go on")
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        body = raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        message = message_from_bytes(body, policy=default)
        assert isinstance(message, EmailMessage)
        self.server.taken.append(Taken(self.sender, self.recipients, message))
        if self.server.drop_after_data:
            return False
        self.recipients = []
        await self._say("250 2.0.0 queued")
        return True

    async def _say(self, words: str) -> None:
        self.writer.write(words.encode() + b"\r\n")
        await self.writer.drain()


def _made_context() -> tuple[ssl.SSLContext, str]:
    """A certificate for the loopback address that only this run knows, and its PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake mail")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "both.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + pem)
        context.load_cert_chain(path)
    return context, pem.decode()
