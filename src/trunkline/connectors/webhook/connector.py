"""The declaration: one operation that sends a signed webhook, one trigger that takes them."""

from functools import partial
from typing import Final

from trunkline.connect import anybody
from trunkline.connect.alerting import Alerting
from trunkline.connect.declaration import Answer, Connector, Crafted, IdempotencyKey, Operation, Secret
from trunkline.connect.webhooks import Webhook
from trunkline.connectors.webhook.alerting import body
from trunkline.connectors.webhook.sending import ID_HEADER, answer, request, sign
from trunkline.model.errors import ReconnectError, RejectedError
from trunkline.model.schema import anything, integer, record, text

_ANSWERS: Final = (
    Answer(status=401, means=ReconnectError, hint="Does the receiver know the same signing secret?"),
    Answer(status=410, means=RejectedError, hint="The receiver is gone for good: remove this step, or give the new address."),
)
"""What a receiver's answer means beyond the general table (Standard Webhooks specification, "Responses")."""

SEND: Final = Operation(
    id="send",
    title="Send a webhook",
    category="Webhooks",
    kind="write",
    about="POSTs JSON, signed as Standard Webhooks when a signing secret is set. Each repeat carries the same webhook-id",
    call=Crafted(request=request, answer=answer, sign=sign, traced=True),
    takes=record(
        {
            "url": text("Where to; the connection's own address when left out", min_length=1),
            "type": text("What happened, contact.created: the body then is {type, timestamp, data}", pattern=r"^[A-Za-z0-9_.-]+$"),
            "data": anything("The body, or its `data` when a `type` is given"),
            "headers": record({}, open=True, about="Further headers"),
        },
        required=("data",),
    ),
    gives=record({"status": integer("The HTTP status"), "body": anything("What the receiver said")}, required=("status", "body")),
    repeat=IdempotencyKey(ID_HEADER),
    sample="send.json",
)

connector = Connector(
    id="webhook",
    name="Webhook",
    base_url="",
    about="Signed webhooks out and in, as the Standard Webhooks specification has them; other proofs for what comes in",
    auth=lambda _: (),
    secrets=(
        Secret(name="signing_secret", title="Secret we sign with (whsec_…); the receiver has it too", required=False),
        *anybody.SECRETS,
    ),
    options=record({"url": text("Where webhooks go unless a step says otherwise", min_length=1), **anybody.OPTIONS}),
    operations=(SEND,),
    alerting=Alerting(operation=SEND, input=body, target="A URL; not needed where the connection has one"),
    triggers=(anybody.RECEIVED,),
    webhook=Webhook(verify=partial(anybody.verify, unless_told="standard"), split=anybody.split),
    answers=_ANSWERS,
)
