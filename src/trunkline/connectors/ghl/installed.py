"""Where a marketplace app is installed: which sub-accounts an agency's sign-in makes tokens for, and what deliveries tell of coming and
going.
"""

from typing import Final

from trunkline.connect.sign_in import AccountFound, Accounts
from trunkline.connect.webhooks import Standing
from trunkline.connectors.ghl.operations import apps
from trunkline.connectors.ghl.sign_in import app_of
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError
from trunkline.model.json import JSONObject


def _ask(account: Account) -> JSONObject:
    """Raises `ConfigError` for all but an agency that signs in with an app."""
    if not account.credential.get("client_id"):
        agency = account.options.get("agency")
        if isinstance(agency, str):
            raise ConfigError("This connection is one sub-account and no agency.", hint=f"Name that of its agency: {agency}")
        raise ConfigError(
            "This connection has a private token: only an agency's OAuth sign-in can list where its app is installed.",
            hint="Add one: trunkline connections add ghl --name agency --option level=agency --secret client_id=@FILE "
            "--secret client_secret=@FILE",
        )
    if account.options.get("level") != "agency":
        raise ConfigError(
            "This connection signed in to one sub-account and is no agency.", hint="Name one with the option level=agency, or add it."
        )
    return {"isInstalled": True}


def _account(row: JSONObject, agency: str) -> AccountFound | None:
    id, name = row.get("_id"), row.get("name")
    if not isinstance(id, str) or row.get("isInstalled") is False:
        return None
    return AccountFound(id=id, name=name if isinstance(name, str) else "", marks={"location": id}, options={"agency": agency})


ACCOUNTS: Final = Accounts(
    read=apps.LOCATIONS,
    ask=_ask,
    account=_account,
    shared=("country", "webhook_public_key", "webhook_legacy_public_key", "webhook_allow_legacy", "webhook_max_age_s"),
)


def standing(body: JSONObject) -> Standing | None:
    """What a delivery says of the app itself, which it must name: the vendor signs those of all apps with one key.

    Its own type counts, not the event that the address may name, since the signature does not cover that.
    """
    said, app, location, company = (body.get(name) for name in ("type", "appId", "locationId", "companyId"))
    if said not in ("INSTALL", "UNINSTALL") or not app or not (location or company):
        return None

    def of(account: Account, maker: Account) -> bool:
        """A sub-account by its own id; an agency by its own, and with it all that live on its tokens."""
        if not maker.credential.get("client_id") or app_of(maker) != app:
            return False
        if location:
            return account.options.get("location") == location
        return maker.options.get("level") == "agency" and maker.options.get("company") == company

    where = "this sub-account" if location else "the agency"
    if said == "INSTALL":
        return Standing(gone=False, of=of, cause=f"The app was installed in {where} at GoHighLevel; the connection is tried by itself.")
    then = "install it there again, or sign in again" if location else "sign in to the agency again, and its sub-accounts go on"
    return Standing(gone=True, of=of, cause=f"The app was uninstalled from {where} at GoHighLevel: {then}.")
