"""Sign-in with a marketplace app: one sub-account, or a whole agency whose token makes those of its sub-accounts.

Facts of the vendor's documentation repository (2026-06-19) and portal (2026-08-30): a refresh token is good once and for a year, an access
token for a day; a paused sub-account refuses a renewal and keeps its refresh token.
"""

from dataclasses import replace
from typing import Final
from urllib.parse import urlencode

from trunkline.connect.declaration import Answer
from trunkline.connect.sign_in import Minted, OAuth2, Recover, says
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, SuspendedError
from trunkline.model.grant import Grant
from trunkline.model.http import Request
from trunkline.model.json import dumps
from trunkline.model.schema import Schema, boolean, text

OPTIONS: Final[dict[str, Schema]] = {
    "level": text("What a marketplace app signs in to: a sub-account unless told, or an agency.", choices=("sub-account", "agency")),
    "agency": text("The name of the connection that signed in to the agency: its token makes this sub-account's.", min_length=1),
    "white_label": boolean("Sign in on the page without the vendor's name; no unless told."),
    "scopes": text("What a marketplace app asks for, separated by blanks; what the flows need unless told."),
    "app": text("The marketplace app's id; what stands before the first dash of its client id unless told.", min_length=1),
}

_API: Final = "https://services.leadconnectorhq.com"
RECONNECT: Final = "/oauth/reconnect"


def app_of(account: Account) -> str:
    """The id of the marketplace app; empty for a connection without one."""
    told = account.options.get("app")
    return told if isinstance(told, str) else account.credential.get("client_id", "").partition("-")[0]


def another_code(account: Account) -> Request | None:
    """Asks for a code in place of lost tokens (a help article of the vendor's tells of it, the official description does not)."""
    names = ("companyId", "company") if account.options.get("level") == "agency" else ("locationId", "location")
    where = account.options.get(names[1])
    if not isinstance(where, str):
        return None
    proof = {"clientKey": account.credential["client_id"], "clientSecret": account.credential.get("client_secret", "")}
    headers = (("content-type", "application/json"), ("accept", "application/json"))
    return Request(method="POST", url=f"{_API}{RECONNECT}", headers=headers, body=dumps({**proof, names[0]: where}))


SUB_ACCOUNT: Final = OAuth2(
    authorize_url="https://marketplace.gohighlevel.com/v2/oauth/chooselocation",
    token_url=f"{_API}/oauth/token",
    grants=("authorization_code",),
    client_auth="body",
    pkce=False,  # no page of the vendor's speaks of it
    refresh="rotates",
    scopes=("contacts.readonly",),
    token_extra=(("user_type", "Location"),),
    lasts_s=86_399,
    early_s=1_800,
    answers=(
        Answer(
            status=400,
            means=SuspendedError,
            when=says("location is not active"),
            hint="The sub-account is paused or unpaid at GoHighLevel. It is tried again by itself once it is active.",
        ),
    ),
    options={"location": "locationId", "company": "companyId"},
    recover=Recover(request=another_code, code="authorizationCode"),
)
AGENCY: Final = replace(
    SUB_ACCOUNT,
    scopes=("oauth.readonly", "oauth.write", "locations.readonly"),
    token_extra=(("user_type", "Company"),),
    options={"company": "companyId"},
    keeps={"company": "companyId"},
)
WHITE_LABEL: Final = "https://marketplace.leadconnectorhq.com/v2/oauth/chooselocation"


def sign_in(account: Account) -> OAuth2 | None:
    """How a connection signs in; None for one with a private integration token."""
    agency = account.options.get("agency")
    if isinstance(agency, str):
        if not account.options.get("location"):
            raise ConfigError("A sub-account of an agency is named by its location id.", hint="Give --location.", place="location")
        return replace(SUB_ACCOUNT, refresh="none", options={}, minted=Minted(by=agency, request=location_token), recover=None)
    if not account.credential.get("client_id"):
        return None
    oauth = AGENCY if account.options.get("level") == "agency" else SUB_ACCOUNT
    return replace(oauth, authorize_url=WHITE_LABEL) if account.options.get("white_label") is True else oauth


def location_token(account: Account, agency: Grant) -> Request:
    """The request that makes a sub-account's token with the agency's."""
    body = urlencode({"companyId": agency.extra.get("company", ""), "locationId": str(account.options["location"])})
    headers = (("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json"), ("version", "2021-07-28"))
    return Request(method="POST", url="/oauth/locationToken", headers=headers, body=body.encode())
