"""OpenPhone (now Quo) as a declaration: key, limits, answers, and what is offered."""

from dataclasses import replace

from trunkline.connect.declaration import Connector, RateLimit, Secret, raw_key
from trunkline.connect.subscriptions import OPTION, option
from trunkline.connectors.openphone.answers import ANSWERS, explain, quota
from trunkline.connectors.openphone.operations import OPERATIONS
from trunkline.connectors.openphone.operations.numbers import LIST as LIST_NUMBERS
from trunkline.connectors.openphone.subscribing import SUBSCRIPTIONS
from trunkline.connectors.openphone.surface import ENDPOINTS
from trunkline.connectors.openphone.triggers import TRIGGERS
from trunkline.connectors.openphone.webhook import KEY, LEGACY_SECRET, WEBHOOK
from trunkline.model.schema import record, text

connector = Connector(
    id="openphone",
    name="OpenPhone",
    base_url="https://api.quo.com",
    hosts=("https://api.openphone.com",),
    about="Texts, calls, contacts, conversations and tasks of one workspace; the vendor is now called Quo",
    auth=raw_key,
    secrets=(
        Secret(name="token", title="API key"),
        Secret(name=KEY, title="Webhook signing key (whsec_…)", required=False),
        Secret(name=LEGACY_SECRET, title="Signing secret of a webhook made before June 2026", required=False),
    ),
    options=record(
        {
            "source": text("Who contacts made here are said to come from", min_length=1, max_length=72),
            OPTION: option(),
            "webhook_verify": text("`off` takes unsigned deliveries: whoever knows the address can send some", choices=("on", "off")),
        },
    ),
    limits=(RateLimit(calls=10, per_s=1),),
    quota=quota,
    counted_by=lambda account: account.credential.get("token", ""),
    answers=ANSWERS,
    explain=explain,
    operations=OPERATIONS,
    triggers=TRIGGERS,
    webhook=replace(WEBHOOK, subscriptions=SUBSCRIPTIONS),
    check=LIST_NUMBERS,
    endpoints=ENDPOINTS,
)
