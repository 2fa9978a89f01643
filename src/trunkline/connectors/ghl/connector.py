"""GoHighLevel as a declaration: sub-account or agency, private integration token or app, limits, answers, and what is offered."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Connector, RateLimit, Secret, bearer
from trunkline.connect.sign_in import APP
from trunkline.connectors.ghl import calls, sign_in
from trunkline.connectors.ghl.answers import ANSWERS, counted_by, quota
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.installed import ACCOUNTS
from trunkline.connectors.ghl.operations import OPERATIONS, locations
from trunkline.connectors.ghl.triggers import TRIGGERS
from trunkline.connectors.ghl.webhook import WEBHOOK
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import anything, boolean, integer, record, text


async def _check(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - a check has no input
    """One record of what the connection is for: proves token, scope, and sub-account or agency at once."""
    if caller.account.options.get("location"):
        return await caller.call(calls.SEARCH, {"pageLimit": 1})
    return await caller.call(locations.LIST, {"limit": 1})


OPTIONS: Final = record(
    {
        "location": text("The sub-account's location id; a connection with an agency's token may have none", min_length=1),
        "company": text("The agency's id: needed with an agency's token, looked up with a sub-account's", min_length=1),
        "country": text("Two letters: where a phone number without a country is; US unless said otherwise", pattern="^[A-Z]{2}$"),
        **sign_in.OPTIONS,
        "webhook_public_key": text("PEM of the key for x-ghl-signature, when it is not the published one"),
        "webhook_legacy_public_key": text("PEM of the key for x-wh-signature, when it is not the published one"),
        "webhook_allow_legacy": boolean("Take deliveries that carry the legacy signature only; yes unless said otherwise"),
        "webhook_max_age_s": integer("Oldest delivery taken, in seconds; three days unless said otherwise", minimum=60),
    },
    either=("location", "company"),
)

connector = Connector(
    id="ghl",
    name="GoHighLevel",
    base_url="https://services.leadconnectorhq.com",
    about="One sub-account, or one agency: contacts, calendars, conversations, opportunities, and every other official endpoint",
    auth=bearer,
    secrets=(Secret(name="token", title="Private integration token (pit-…)"), *APP),
    oauth=sign_in.sign_in,
    accounts=ACCOUNTS,
    options=OPTIONS,
    limits=(RateLimit(calls=100, per_s=10), RateLimit(calls=200_000, per_s=86_400)),
    quota=quota,
    counted_by=counted_by,
    answers=ANSWERS,
    operations=OPERATIONS,
    endpoints=ENDPOINTS,
    triggers=TRIGGERS,
    webhook=WEBHOOK,
    check=replace(
        calls.SEARCH,
        id="check",
        title="Read one contact or location",
        call=_check,
        takes=record({}),
        gives=anything(),
        next_page=None,
        sample=None,
    ),
)
