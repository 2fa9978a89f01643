"""A simulated mail server: takes messages over SMTP, asks for a login, and fails when it is told to."""

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
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
MOST_BYTES: Final = 25_000_000
"""The longest message it takes."""

Ending = Literal["answer", "drop", "hang"]
"""How a reply ends: said; connection cut instead; never said."""


@dataclass(slots=True)
class Taken:
    """A message that arrived whole."""

    sender: str
    recipients: list[str]
    message: EmailMessage

    def shown(self) -> JSONObject:
        body = self.message.get_body(("plain", "html"))
        return {
            "from": self.sender,
            "to": [*self.recipients],
            "subject": str(self.message["Subject"]),
            "message_id": str(self.message["Message-ID"]),
            "text": "" if body is None else str(body.get_content()),
            "attachments": [part.get_filename() or "" for part in self.message.iter_attachments()],
        }


@dataclass(slots=True, kw_only=True)
class Switch:
    """What happens to the next commands of a verb. Without `reply` the true one is given, spoiled by `ending` or `delay_s`."""

    verb: str
    reply: str | None
    after: bool
    ending: Ending
    delay_s: float
    times: int

    @property
    def instead(self) -> bool:
        """Whether the command is not carried out."""
        return not self.after and (self.reply is not None or self.ending != "answer")


@dataclass(slots=True)
class FakeMail:
    """`next` spoils coming replies; `offers` is what the server says it can."""

    taken: list[Taken] = field(default_factory=list[Taken])
    refuse_recipients: dict[str, str] = field(default_factory=dict[str, str])
    """The reply by address."""
    offers: tuple[str, ...] = ("STARTTLS", "AUTH PLAIN LOGIN")
    token_accepted: bool = True
    """Set to False to make the server refuse every login."""
    commands: list[str] = field(default_factory=list[str])
    """The verbs that came, in order."""
    logins: int = 0
    port: int = 0
    certificate: str = ""
    tls: ssl.SSLContext | None = None
    _switches: list[Switch] = field(default_factory=list[Switch])
    _talking: "dict[asyncio.Task[None], asyncio.StreamWriter]" = field(default_factory=dict["asyncio.Task[None]", asyncio.StreamWriter])

    @property
    def messages(self) -> list[JSONObject]:
        """What was taken, as a person would look at it."""
        return [one.shown() for one in self.taken]

    def next(
        self,
        verb: str = "*",
        *,
        reply: str | None = None,
        after: bool = False,
        ending: Ending = "answer",
        delay_s: float = 0,
        times: int = 1,
    ) -> None:
        """Spoil the replies to the next `times` commands of `verb` (`AUTH`, `MAIL`, `RCPT`, `DATA`, `*`).

        `after` carries the command out first: `DATA` then takes the message and only what the client hears of it is spoiled.
        """
        self._switches.append(Switch(verb=verb.upper(), reply=reply, after=after, ending=ending, delay_s=delay_s, times=times))

    def switch(self, verb: str) -> Switch | None:
        """The switch that holds for a command that arrived; used up by being asked for."""
        self.commands.append(verb)
        for switch in self._switches:
            if switch.verb in (verb, "*"):
                switch.times -= 1
                if switch.times <= 0:
                    self._switches.remove(switch)
                return switch
        return None

    def account(self, *, security: str = "none", **options: str) -> Account:
        given: JSONObject = {"host": HOST, "port": self.port, "security": security, "from": "Hub <hub@example.com>", **options}
        if self.certificate:
            given["certificate"] = self.certificate
        return Account(options=given, credential=Credential({"username": USERNAME, "password": PASSWORD}))

    @asynccontextmanager
    async def serving(self, *, tls: bool = False, port: int = 0) -> AsyncGenerator["FakeMail"]:
        """Serve on a loopback port of this process; with `tls` from the first byte, else STARTTLS is offered."""
        self.tls, self.certificate = _made_context()
        server = await asyncio.start_server(self._serve, HOST, port, ssl=self.tls if tls else None, limit=MOST_BYTES)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in self._talking.values():
                writer.close()
            await asyncio.gather(*self._talking, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talking[task] = writer
        conversation = _Conversation(self, reader, writer)
        try:
            await conversation.hold()
        except (ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            pass  # the client went away, or did not like the certificate
        finally:
            conversation.writer.close()
            del self._talking[task]


@dataclass(slots=True)
class _Conversation:
    server: FakeMail
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sender: str = ""
    recipients: list[str] = field(default_factory=list[str])
    known: bool = False
    switch: Switch | None = None
    over: bool = False

    async def hold(self) -> None:
        await self._say("220 fake ESMTP")
        while line := (await self.reader.readline()).decode("utf-8", "replace").strip():
            verb = line.split(" ")[0].split(":")[0].upper()
            self.switch = self.server.switch(verb)
            if self.switch is not None and self.switch.instead:
                await self._spoil(self.switch)
            else:
                await self._answer(verb, line)
            if self.over or verb == "QUIT":
                return

    async def _answer(self, verb: str, line: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                said = ("fake", *self.server.offers)
                await self._say("\r\n".join((*(f"250-{one}" for one in said[:-1]), f"250 {said[-1]}")))
            case "STARTTLS":
                await self._say("220 go ahead")
                await self._secure()
            case "AUTH":
                await self._login(line)
            case "MAIL" if not self.known:
                await self._reply("530 5.7.0 log in first")
            case "MAIL":
                self.sender, self.recipients = line.partition("<")[2].partition(">")[0], []
                await self._reply("250 ok")
            case "RCPT":
                await self._recipient(line.partition("<")[2].partition(">")[0])
            case "DATA":
                await self._take()
            case "QUIT":
                await self._reply("221 bye")
            case "NOOP" | "RSET":
                await self._reply("250 ok")
            case _:
                await self._reply("502 5.5.1 unknown")

    async def _secure(self) -> None:
        # NOTE: `StreamWriter.start_tls` of Python 3.11 breaks the writer when the client goes away in the middle.
        loop, plain = asyncio.get_running_loop(), self.writer.transport
        protocol = plain.get_protocol()
        secured = await loop.start_tls(plain, protocol, self.server.tls or ssl.create_default_context(), server_side=True)
        if secured is None:
            raise ConnectionResetError
        self.writer = asyncio.StreamWriter(secured, protocol, self.reader, loop)

    async def _reply(self, words: str) -> None:
        """The last reply to a command, unless it is to be spoiled."""
        if self.switch is None:
            await self._say(words)
        else:
            await self._spoil(replace(self.switch, reply=self.switch.reply or words))

    async def _spoil(self, switch: Switch) -> None:
        if switch.delay_s:
            await asyncio.sleep(switch.delay_s)
        if switch.ending == "answer":
            await self._say(switch.reply or "451 4.3.0 refused on purpose")
            return
        self.over = True
        if switch.ending == "hang":
            await self.reader.read()

    async def _login(self, line: str) -> None:
        parts = line.split(" ")
        given = b64decode(parts[2]).split(b"\0")[1:] if parts[1].upper() == "PLAIN" and len(parts) > 2 else await self._asked(parts)
        self.known = self.server.token_accepted and given == [USERNAME.encode(), PASSWORD.encode()]
        self.server.logins += self.known
        await self._reply("235 welcome" if self.known else "535 5.7.8 wrong user name or password")

    async def _asked(self, parts: list[str]) -> list[bytes]:
        """AUTH LOGIN: the name may come along with the command."""
        answers = [b64decode(part) for part in parts[2:]]
        for prompt in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6")[len(answers) :]:
            await self._say(prompt)
            answers.append(b64decode(await self.reader.readline()))
        return answers

    async def _recipient(self, address: str) -> None:
        if refusal := self.server.refuse_recipients.get(address):
            await self._reply(refusal)
            return
        self.recipients.append(address)
        await self._reply("250 ok")

    async def _take(self) -> None:
        await self._say("354 go on")
        raw = await self.reader.readuntil(b"\r\n.\r\n")
        body = raw.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
        message = message_from_bytes(body, policy=default)
        assert isinstance(message, EmailMessage)
        self.server.taken.append(Taken(self.sender, self.recipients, message))
        await self._reply("250 2.0.0 queued")

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
