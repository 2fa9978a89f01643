"""RingCentral as a declaration: sign-in, four budgets, what its answers mean, and what is offered."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Answer, Connector, Operation, Quota, RateLimit, Secret, bearer
from trunkline.connect.sign_in import APP, JWT, OAuth2
from trunkline.connect.subscriptions import OPTION, option
from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION
from trunkline.connectors.ringcentral.facts import ENDPOINTS, MEDIA
from trunkline.connectors.ringcentral.operations import OPERATIONS, account
from trunkline.connectors.ringcentral.subscribing import SUBSCRIPTIONS
from trunkline.connectors.ringcentral.triggers import TRIGGERS
from trunkline.connectors.ringcentral.webhook import TOKEN, WEBHOOK
from trunkline.model.connection import Account
from trunkline.model.errors import OutcomeUnknownError, ReconnectError, RejectedError
from trunkline.model.http import Response
from trunkline.model.json import JSONObject, as_list, as_object
from trunkline.model.schema import record, text

BASE_URL: Final = "https://platform.ringcentral.com"
_MINUTE_S: Final = 60
_PERSON: Final = "owner"
GROUPS: Final = {"Light": 50, "Medium": 40, "Heavy": 10, "Auth": 5}
"""Calls a minute, by app and person; the names as the description spells them (headers have them in lower case)."""
_QUOTA: Final = ("x-rate-limit-limit", "x-rate-limit-window", "x-rate-limit-remaining")
_APP_PERMISSION: Final = "The app lacks a permission: add it in the developer console, then sign in again."
_USER_PERMISSION: Final = "The person who signed in lacks a right for this: an administrator gives it to their role."


def quota(headers: Mapping[str, str]) -> Quota | None:
    """What an answer tells of its group. Limits and groups differ from app to app: these figures win over the published ones."""
    calls, window, left = (_number(headers, name) for name in _QUOTA)
    if calls is None and left is None:
        return None
    group = headers.get("x-rate-limit-group", "").strip().capitalize()
    return Quota(calls=calls, per_s=window or _MINUTE_S, remaining=left, group=group if group in GROUPS else "")


def counted_by(account: Account) -> str:
    """By app and person. Who that is the answer with the tokens tells; until it is there, those with the same assertion share."""
    person = account.credential.get(_PERSON) or account.credential.get("jwt")
    return f"{account.credential.get('client_id', '')} {person}" if person else ""


def _number(headers: Mapping[str, str], name: str) -> int | None:
    value = headers.get(name, "").strip()
    return int(value) if value.isascii() and value.isdecimal() else None


def explain(response: Response) -> str:
    """Code and message of every error that an answer names, with the parameter each is about."""
    body = _body(response)
    if not body:
        return "an HTML page instead of JSON" if response.body.lstrip()[:1] == b"<" else ""
    if "error_description" in body:
        return f"{body.get('error', '')} {body['error_description']}"
    errors = [as_object(one) for one in as_list(body.get("errors"))]
    words = [_words(one) for one in errors or [body]]
    return "; ".join(dict.fromkeys(said for said in words if said))


def _words(error: JSONObject) -> str:
    said = " ".join(str(error[name]) for name in ("errorCode", "message") if error.get(name))
    parameter = error.get("parameterName")
    return f"{said} (at {parameter})" if parameter and str(parameter) not in said else said


def _body(response: Response) -> JSONObject:
    try:
        return as_object(response.json())
    except ValueError:
        return {}


def _coded(*codes: str) -> Callable[[Response], bool]:
    """Whether the answer names one of these codes, on top or among its errors."""

    def matches(response: Response) -> bool:
        body = _body(response)
        told = [body, *map(as_object, as_list(body.get("errors")))]
        return any(one.get("errorCode") in codes for one in told)

    return matches


def _partly_failed(response: Response) -> bool:
    """Several ids at once are answered one by one under status 207."""
    try:
        body = response.json()
    except ValueError:
        return False
    rows = as_list(body) or as_list(as_object(body).get("records")) or as_list(as_object(body).get("responses"))
    statuses = [as_object(row).get(name) for row in rows for name in ("status", "responseCode")]
    return any(isinstance(status, int) and status >= 400 for status in statuses)


_OUT: Final = frozenset(
    f"POST {place}"
    for place in (*(f"{EXTENSION}/{what}" for what in ("sms", "mms", "fax", "company-pager", "ring-out")), f"{ACCOUNT}/a2p-sms/batches")
)


def _reaches_people(operation: Operation) -> bool:
    """Whether a message or a call goes out, by an operation of ours or by a plain call."""
    return operation.endpoint in _OUT


ANSWERS: Final = (
    Answer(
        status=503,  # elsewhere it means that surely nothing was done; what is sent again for a mistaken 503 cannot be taken back
        means=OutcomeUnknownError,
        of=_reaches_people,
        hint="Look whether it went out before it is sent again.",
    ),
    Answer(
        status=207,
        means=RejectedError,
        when=_partly_failed,
        hint="Some of the ids were done and some refused; the answer names each. Repeating is harmless for those that were done.",
    ),
    Answer(status=401, means=ReconnectError, hint="Sign in again, or give a new JWT credential or token."),
    Answer(status=403, means=RejectedError, when=_coded("CMN-401", "InsufficientPermissions"), hint=_APP_PERMISSION),
    Answer(status=403, means=RejectedError, when=_coded("CMN-408"), hint=_USER_PERMISSION),
    Answer(
        status=400,
        means=RejectedError,
        when=_coded("SUB-520", "SUB-521", "SUB-523", "SUB-525"),
        hint="RingCentral could not reach the webhook address: it needs public HTTPS, and Trunkline must be running there.",
    ),
    Answer(
        status=400, means=RejectedError, when=_coded("SUB-505"), hint="There are too many subscriptions: delete some (subscriptions.list)."
    ),
)

OAUTH: Final = OAuth2(
    token_url=f"{BASE_URL}/restapi/oauth/token",
    authorize_url=f"{BASE_URL}/restapi/oauth/authorize",
    grants=("authorization_code", "jwt"),
    client_auth="basic",
    refresh="rotates",
    repeats_answer=True,
    keeps={_PERSON: "owner_id"},
    group="Auth",
)
"""Scopes are not asked for: the permissions of the app decide. A renewal repeated for want of its answer gives the same tokens."""

connector = Connector(
    id="ringcentral",
    name="RingCentral",
    base_url=BASE_URL,
    about="Calls, texts, voicemail and fax, personal and company contacts, extensions and sites of one account",
    auth=bearer,
    secrets=(
        Secret(name="token", title="Access token, for trying out: it lasts an hour"),
        *APP,
        JWT,
        Secret(name=TOKEN, title="Verification token for webhooks: a long random text of your own", required=False),
    ),
    options=record(
        {
            "account": text("The account's id; the own one unless told", min_length=1),
            "extension": text("The extension that is worked with; the own one unless told", min_length=1),
            OPTION: option(),
            "country": text("Two letters: the country of numbers without one; US unless told", pattern="^[A-Z]{2}$"),
        }
    ),
    limits=tuple(RateLimit(calls=calls, per_s=_MINUTE_S, group=group) for group, calls in GROUPS.items()),
    quota=quota,
    counted_by=counted_by,
    answers=ANSWERS,
    explain=explain,
    operations=OPERATIONS,
    triggers=TRIGGERS,
    webhook=replace(WEBHOOK, subscriptions=SUBSCRIPTIONS),
    check=account.GET,
    endpoints=ENDPOINTS,
    hosts=(MEDIA,),
    oauth=OAUTH,
)
