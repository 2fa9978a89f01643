"""The declaration: two operations, one trigger, and four ways to authenticate."""

from base64 import b64encode

from trunkline.connect import anybody
from trunkline.connect.declaration import (
    Connector,
    Crafted,
    IdempotencyKey,
    Operation,
    Repeat,
    Secret,
    Webhook,
)
from trunkline.connectors.http.requests import answer, request_by
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import ConfigError
from trunkline.model.http import Pairs
from trunkline.model.schema import Schema, anything, integer, record, text

_ADDRESS = text("An absolute http or https address, or a path below the connection's base URL that starts with /.", min_length=1)
_ANSWER = record(
    {
        "status": integer("The HTTP status."),
        "headers": record({}, open=True, about="Header names are lower case."),
        "body": anything("Parsed when it is JSON, text when it is text, else base64."),
        "encoding": text("How `body` is given.", choices=("json", "text", "base64", "none")),
    },
    required=("status", "headers", "body", "encoding"),
)


def authenticate(credential: Credential) -> Pairs:
    """A whole header line, else user name and password, else a bearer token, else nothing."""
    if line := credential.get("header"):
        name, colon, value = line.partition(":")
        if not colon or not name.strip() or not value.strip():
            raise ConfigError("the secret `header` is a whole header line", hint="Write it as `X-Api-Key: value`.", place="header")
        return ((name.strip().lower(), value.strip()),)
    if username := credential.get("username"):
        pair = f"{username}:{credential.get('password', '')}"
        return (("authorization", f"Basic {b64encode(pair.encode()).decode()}"),)
    if token := credential.get("token"):
        return (("authorization", f"Bearer {token}"),)
    return ()


def repeat(account: Account) -> Repeat:
    """Harmless under a key when the owner says which header the server honours, else never."""
    header = account.options.get("idempotency_header")
    return IdempotencyKey(header) if isinstance(header, str) and header else "never"


def _input(methods: tuple[str, ...], body: dict[str, Schema]) -> Schema:
    fields = {
        "method": text(f"{methods[0]} when left out.", choices=methods),
        "url": _ADDRESS,
        "query": record({}, open=True, about="A list repeats its name."),
        "headers": record({}, open=True, about="Text by header name."),
    }
    return record({**fields, **body}, required=("url",))


connector = Connector(
    id="http",
    name="HTTP",
    base_url="",
    about="Calls any public HTTP API and takes webhooks from any system.",
    auth=authenticate,
    secrets=(
        Secret(name="token", title="Bearer token", required=False),
        Secret(name="header", title="A whole header line such as `X-Api-Key: value`", required=False),
        Secret(name="username", title="User name (Basic)", required=False),
        Secret(name="password", title="Password (Basic)", required=False),
        *anybody.SECRETS,
    ),
    options=record(
        {
            "idempotency_header": text("The header under which the server takes a repeat for the same request."),
            **anybody.OPTIONS,
        }
    ),
    operations=(
        Operation(
            id="request",
            title="Send a request",
            category="Requests",
            kind="write",
            about="Sends a request that changes something.",
            call=Crafted(request=request_by("POST"), answer=answer, traced=True),
            takes=_input(
                ("POST", "PUT", "PATCH", "DELETE"),
                {
                    "json": anything("The body, sent as JSON."),
                    "text": text("The body, sent as it is."),
                    "form": record({}, open=True, about="The body, sent as a form."),
                },
            ),
            gives=_ANSWER,
            repeat=repeat,
            sample="request.json",
        ),
        Operation(
            id="fetch",
            title="Fetch an address",
            category="Requests",
            kind="read",
            about="Reads; changes nothing.",
            call=Crafted(request=request_by("GET"), answer=answer, traced=True),
            takes=_input(("GET", "HEAD"), {}),
            gives=_ANSWER,
            sample="fetch.json",
        ),
    ),
    triggers=(anybody.RECEIVED,),
    webhook=Webhook(verify=anybody.verify, split=anybody.split),
)
