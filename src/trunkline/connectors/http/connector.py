"""The declaration: two operations, one trigger, and every usual way to prove oneself."""

from trunkline.connect import anybody
from trunkline.connect.declaration import Connector, Crafted, IdempotencyKey, Operation, Repeat
from trunkline.connect.webhooks import Webhook
from trunkline.connectors.http import proof
from trunkline.connectors.http.requests import answer, request_by
from trunkline.model.connection import Account
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
    auth=proof.authenticate,
    auth_query=proof.in_query,
    oauth=proof.sign_in,
    secrets=(*proof.SECRETS, *anybody.SECRETS),
    options=record(
        {
            "idempotency_header": text("The header under which the server takes a repeat for the same request."),
            **proof.OPTIONS,
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
