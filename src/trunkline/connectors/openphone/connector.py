"""OpenPhone (now Quo) as a declaration: key, limits, answers, and what is offered."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from trunkline.connect.declaration import Answer, Connector, Quota, RateLimit, Secret, raw_key
from trunkline.connectors.openphone import calls
from trunkline.connectors.openphone.operations import OPERATIONS
from trunkline.connectors.openphone.triggers import TRIGGERS
from trunkline.connectors.openphone.webhook import KEY, LEGACY_SECRET, WEBHOOK
from trunkline.model.errors import ReconnectError, RejectedError, UnavailableError
from trunkline.model.http import Response
from trunkline.model.json import JSONObject, as_list, as_object
from trunkline.model.schema import record, text

_PARAMETER: Final = re.compile(r"\b([qwrt])=(\d+)")


def quota(headers: Mapping[str, str]) -> Quota | None:
    """`ratelimit-policy: "per-second"; q=10; w=1` and `ratelimit: "per-second"; r=9; t=1`, as seen on a live call, 2026-08-30."""
    told = {name: int(value) for header in ("ratelimit-policy", "ratelimit") for name, value in _PARAMETER.findall(headers.get(header, ""))}
    if not told:
        return None
    return Quota(calls=told.get("q"), per_s=told.get("w"), remaining=told.get("r"), reset_s=told.get("t"))


def explain(response: Response) -> str:
    """Title, message and the places that are wrong, never the values: of v1 errors and of those of the gateway."""
    body = _body(response)
    if not body:
        return "an HTML page instead of JSON" if response.body.lstrip()[:1] == b"<" else ""
    inner = as_object(body.get("error")) or body
    words = [str(inner[name]) for name in ("title", "message") if inner.get(name)]
    places = [str(problem["path"]) for problem in map(as_object, as_list(body.get("errors"))) if problem.get("path")]
    return ": ".join(dict.fromkeys(words)) + (f" (at {', '.join(places)})" if places else "")


def _body(response: Response) -> JSONObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _coded(*codes: str) -> Callable[[Response], bool]:
    """Whether the answer's `code` is one of these."""

    def matches(response: Response) -> bool:
        return _body(response).get("code") in codes

    return matches


ANSWERS: Final = (
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("0206400"),
        hint="US numbers may text only after carrier registration (A2P): finish it in the app; repeating does not help.",
    ),
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("0801400"),
        hint="A custom field is unknown or has a value of another type: compare contact_custom_fields.list.",
    ),
    Answer(
        status=401,
        means=ReconnectError,
        hint="Make a new key in the workspace settings (API) and give it to the connection as it is, without `Bearer`.",
    ),
    Answer(status=402, means=ReconnectError, hint="The workspace's plan has lapsed: renew it, then test the connection."),
    Answer(
        status=403,
        means=UnavailableError,
        when=_coded("0204403"),
        hint="The carrier's daily cap for this number is reached; it is tried again later.",
    ),
    Answer(
        status=403,
        means=RejectedError,
        when=_coded("0202403"),
        hint="The user is no member of the sending number: leave userId out, or add the user to the number in the app.",
    ),
    Answer(
        status=409,
        means=RejectedError,
        when=_coded("0800409"),
        hint="A contact with this external id exists: use contacts.upsert.",
    ),
)

connector = Connector(
    id="openphone",
    name="OpenPhone",
    base_url="https://api.quo.com",
    about="Contacts, custom fields, numbers and text messages of one workspace; the vendor is now called Quo",
    auth=raw_key,
    secrets=(
        Secret(name="token", title="API key"),
        Secret(name=KEY, title="Webhook signing key (whsec_…)", required=False),
        Secret(name=LEGACY_SECRET, title="Signing secret of a webhook made before June 2026", required=False),
    ),
    options=record(
        {
            "source": text("Who contacts made here are said to come from", min_length=1, max_length=72),
            "webhook_verify": text("`off` takes unsigned deliveries: whoever knows the address can send some", choices=("on", "off")),
        },
    ),
    limits=(RateLimit(calls=10, per_s=1),),
    quota=quota,
    answers=ANSWERS,
    explain=explain,
    operations=OPERATIONS,
    triggers=TRIGGERS,
    webhook=WEBHOOK,
    check=calls.LIST_NUMBERS,
)
