"""GoHighLevel as a declaration: sub-account, private integration token, limits, answers, and what is offered."""

from dataclasses import replace

from trunkline.connect.declaration import Caller, Connector, RateLimit, Secret, bearer
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.answers import ANSWERS, quota
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.operations import OPERATIONS
from trunkline.connectors.ghl.triggers import TRIGGERS
from trunkline.connectors.ghl.webhook import WEBHOOK
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import boolean, integer, record, text


async def _check(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - a check has no input
    """One contact of the connection's own sub-account: proves token, scope and location at once."""
    return await caller.call(calls.SEARCH, {"pageLimit": 1})


connector = Connector(
    id="ghl",
    name="GoHighLevel",
    base_url="https://services.leadconnectorhq.com",
    about="Contacts of one sub-account with their tags, notes and tasks",
    auth=bearer,
    secrets=(Secret(name="token", title="Private integration token (pit-…)"),),
    options=record(
        {
            "location": text("The sub-account's location id", min_length=1),
            "webhook_public_key": text("PEM of the key for x-ghl-signature, when it is not the published one"),
            "webhook_legacy_public_key": text("PEM of the key for x-wh-signature, when it is not the published one"),
            "webhook_allow_legacy": boolean("Take deliveries that carry the legacy signature only; yes unless said otherwise"),
            "webhook_max_age_s": integer("Oldest delivery taken, in seconds; three days unless said otherwise", minimum=60),
        },
        required=("location",),
    ),
    limits=(RateLimit(calls=100, per_s=10), RateLimit(calls=200_000, per_s=86_400)),
    quota=quota,
    answers=ANSWERS,
    operations=OPERATIONS,
    endpoints=ENDPOINTS,
    triggers=TRIGGERS,
    webhook=WEBHOOK,
    check=replace(calls.SEARCH, id="check", title="Read one contact", call=_check, takes=record({}), next_page=None, sample=None),
)
