"""GoHighLevel as a declaration: sub-account, private integration token, limits, answers, and what is offered."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Answer, Caller, Connector, Quota, RateLimit, Secret, bearer
from trunkline.connectors.ghl import calls
from trunkline.connectors.ghl.facts import ENDPOINTS
from trunkline.connectors.ghl.operations import OPERATIONS
from trunkline.connectors.ghl.triggers import TRIGGERS
from trunkline.connectors.ghl.webhook import WEBHOOK
from trunkline.model.errors import ReconnectError, RejectedError
from trunkline.model.http import Response
from trunkline.model.json import JSON, JSONObject, as_object
from trunkline.model.schema import boolean, integer, record, text

_RENEW: Final = "Make or rotate the private integration in the sub-account's settings and give its token to the connection."


def quota(headers: Mapping[str, str]) -> Quota | None:
    """The burst and the day as every answer tells them; the vendor says nothing of when they start anew."""
    per_ms = _number(headers, "x-ratelimit-interval-milliseconds")
    told = Quota(
        calls=_number(headers, "x-ratelimit-max"),
        per_s=None if per_ms is None else per_ms / 1000,
        remaining=_number(headers, "x-ratelimit-remaining"),
        remaining_today=_number(headers, "x-ratelimit-daily-remaining"),
    )
    return None if told == Quota() else told


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdecimal() else None


def _says(response: Response, *words: str) -> bool:
    text = response.body.decode("utf-8", "replace").lower()
    return any(word in text for word in words)


def _about_version(response: Response) -> bool:
    return _says(response, "version header")


def _about_scope(response: Response) -> bool:
    return _says(response, "scope")


def _about_duplicate(response: Response) -> bool:
    return _says(response, "duplicated contact")


def _partly_failed(response: Response) -> bool:
    """Bulk calls answer 201 and count what went wrong."""
    if b'"errorCount"' not in response.body:
        return False
    try:
        failed = as_object(response.json()).get("errorCount")
    except ValueError:
        return False
    return isinstance(failed, int | float) and failed > 0


ANSWERS: Final = (
    Answer(status=401, means=RejectedError, when=_about_version, hint="The vendor did not like the Version header: update Trunkline."),
    Answer(
        status=401,
        means=RejectedError,
        when=_about_scope,
        hint="Give the private integration the scopes to view and edit contacts (contacts.readonly, contacts.write).",
    ),
    Answer(status=401, means=ReconnectError, hint=_RENEW),
    Answer(status=403, means=RejectedError, hint="Does the token belong to this sub-account? Compare the connection's location."),
    Answer(
        status=400,
        means=RejectedError,
        when=_about_duplicate,
        hint="The contact exists: use contacts.upsert, or allow duplicates in the sub-account's settings.",
    ),
    Answer(
        status=201,
        means=RejectedError,
        when=_partly_failed,
        hint="Some of the contacts do not exist (any more); the others were changed. Repeating is harmless.",
    ),
)


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
