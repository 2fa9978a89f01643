"""The declaration of e-mail: one server, one login, messages out."""

from typing import Final

from trunkline.connect.alerting import Alerting
from trunkline.connect.declaration import Caller, Connector, Operation, Secret
from trunkline.connect.mail import MailServer, Security, deliver, greet
from trunkline.connect.shapes import FILE
from trunkline.connectors.email.alerting import letter
from trunkline.connectors.email.message import addresses, compose
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import Schema, integer, list_of, one_of, record, text

_LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


def server_of(account: Account) -> MailServer:
    """The connection's server; `ConfigError` for one that would be told the password in clear."""
    options, credential = account.options, account.credential
    given = options.get("security", "starttls")
    security: Security = "tls" if given == "tls" else "none" if given == "none" else "starttls"
    host, username = str(options.get("host", "")), credential.get("username", "")
    if security == "none" and username and host not in _LOCAL:
        raise ConfigError("a login without TLS would show the password to the network", hint="Use security=starttls or tls.")
    port = options.get("port")
    return MailServer(
        host=host,
        port=port if isinstance(port, int) else _PORTS[security],
        security=security,
        username=username,
        password=credential.get("password", ""),
        certificate=str(options.get("certificate") or ""),
    )


async def _send(caller: Caller, input: JSONObject) -> JSON:
    message = compose(input, caller.account, key=caller.key)
    recipients = addresses(input)
    sender = str(message["From"].addresses[0].addr_spec)
    refused = await deliver(message, server_of(caller.account), sender=sender, recipients=recipients)
    accepted: list[JSON] = [one for one in recipients if one not in refused]
    return {"message_id": str(message["Message-ID"]), "accepted": accepted, "refused": {**refused}}


async def _check(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - a check has no input
    """Connects and logs in; sends nothing."""
    await greet(server_of(caller.account))
    return {"ok": True}


_ADDRESSES: Final[Schema] = one_of(text(min_length=3), list_of(text(min_length=3), min_items=1), about="One address or several")

SEND: Final = Operation(
    id="messages.send",
    title="Send an e-mail",
    category="Messages",
    kind="write",
    about="As text, as HTML or as both; a repeat of the same effect carries the same Message-ID",
    call=_send,
    takes=record(
        {
            "to": _ADDRESSES,
            "cc": _ADDRESSES,
            "bcc": _ADDRESSES,
            "from": text("Ada Palmer <ada@example.com>; the connection's own when left out"),
            "reply_to": text(),
            "subject": text(max_length=998),
            "text": text(),
            "html": text("Shown where the reader's program can; `text` is made of it when that is left out"),
            "attachments": list_of(FILE, max_items=50),
        },
        required=("to", "subject"),
    ),
    gives=record(
        {"message_id": text(), "accepted": list_of(text()), "refused": record({}, open=True, about="The server's words by address")},
        required=("message_id", "accepted", "refused"),
    ),
    sample="messages.send.json",
)

connector = Connector(
    id="email",
    name="E-mail",
    base_url="smtp:",
    about="Sends e-mail through your own SMTP server",
    auth=lambda _: (),
    secrets=(
        Secret(name="username", title="User name", required=False),
        Secret(name="password", title="Password, best one made for this purpose", required=False),
    ),
    options=record(
        {
            "host": text("The SMTP server, smtp.example.com", min_length=1),
            "port": integer("587 for starttls, 465 for tls, 25 for none", minimum=1, maximum=65_535),
            "security": text("starttls unless said otherwise", choices=("starttls", "tls", "none")),
            "from": text("Who it comes from: Ada Palmer <ada@example.com>", min_length=3),
            "certificate": text("PEM of a private authority, for a server of your own"),
        },
        required=("host", "from"),
    ),
    operations=(SEND,),
    alerting=Alerting(operation=SEND, input=letter, target="An e-mail address", needs_target=True),
    check=Operation(
        id="check", title="Log in", category="Messages", kind="read", call=_check, takes=record({}), gives=record({}, open=True)
    ),
)
