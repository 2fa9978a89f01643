"""The declaration of 17hats: what can honestly be built around a system without a public API."""

from typing import Final

from trunkline.connect import anybody
from trunkline.connect.declaration import Answer, Caller, Connector, Operation, RateLimit, Secret
from trunkline.connect.webhooks import Webhook
from trunkline.connectors.seventeenhats import calendar
from trunkline.connectors.seventeenhats.operations import OPERATIONS
from trunkline.connectors.seventeenhats.triggers import FILES, TRIGGERS, split
from trunkline.model.errors import ConfigError, ReconnectError
from trunkline.model.json import JSON, JSONObject
from trunkline.model.schema import record

_ANSWERS: Final = (
    Answer(status=404, means=ReconnectError, hint="The catch hook is gone: copy the address of the Zap's trigger again."),
    Answer(status=410, means=ReconnectError, hint="The catch hook is gone: copy the address of the Zap's trigger again."),
)


async def _check(caller: Caller, input: JSONObject) -> JSON:  # noqa: ARG001 - a check has no input
    """The calendar feed is read when there is one; a catch hook cannot be tried without starting the Zap."""
    if caller.account.credential.get("calendar_url"):
        return await caller.call(calendar.LIST, {})
    if not any(caller.account.credential.get(name) for name in ("catch_hook_url", "webhook_token", "webhook_secret")):
        raise ConfigError(
            "the connection has no secret at all", hint="Set webhook_token (events in), catch_hook_url (out) or calendar_url."
        )
    return {"ok": True}


connector = Connector(
    id="seventeenhats",
    name="17hats",
    base_url="https://hooks.zapier.com",
    about="Contacts, projects, invoices and bookings by way of Zapier, CSV files and the calendar feed; 17hats has no public API",
    auth=lambda _: (),
    secrets=(
        *anybody.SECRETS,
        Secret(name="catch_hook_url", title="Address of your Zap's Catch Hook, for what goes to 17hats", required=False),
        Secret(name="calendar_url", title="Address of the calendar feed (webcal:// or https://)", required=False),
    ),
    options=record(anybody.OPTIONS),
    limits=(RateLimit(calls=1_000, per_s=300),),
    answers=_ANSWERS,
    operations=OPERATIONS,
    triggers=TRIGGERS,
    webhook=Webhook(verify=anybody.verify, split=split),
    files=FILES,
    check=Operation(id="check", title="Look", category="Zaps", kind="read", call=_check, takes=record({}), gives=record({}, open=True)),
)
