"""What can happen in an agency: sub-accounts, users, campaigns, and the app itself."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.categories import AGENCY, OTHER, WORKFLOWS
from trunkline.connectors.ghl.operations import locations, users
from trunkline.connectors.ghl.triggers.shaping import any_of, flags, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, changed, created, happened
from trunkline.model.json import JSONObject
from trunkline.model.schema import nullable, text

_COMPANY: Final = {"company_id": nullable(text("The agency"))}

SUB_ACCOUNT: Final = Noun(
    under="location",
    category=OTHER,
    fields={"id": text("The sub-account's id"), **texts("name", "email", "stripe_product_id"), **_COMPANY},
    identity=("name", "email"),
    keep=frozenset(("companyId",)),
    scopes=("locations.readonly",),
)
_LOCATIONS: Final = Listing(read=locations.LIST, begin={"limit": 100, "skip": 0})


def _named(user: JSONObject) -> JSONObject:
    parts = [part for part in (user["first_name"], user["last_name"]) if isinstance(part, str) and part]
    return {**user, "name": user["name"] or " ".join(parts) or None}


USER: Final = Noun(
    under="user",
    category=users.CATEGORY,
    fields={
        "id": text("The user's id"),
        **texts("name", "first_name", "last_name", "email", "phone", "extension", "role"),
        **any_of("permissions", "locations"),
        **_COMPANY,
        **LOCATION,
    },
    mend=_named,
    keep=frozenset(("companyId",)),
    scopes=("users.readonly",),
)
_USERS: Final = Listing(read=users.SEARCH, begin={"limit": 100, "skip": 0})

CAMPAIGN: Final = Noun(
    under="campaign",
    category=WORKFLOWS,
    fields={"id": text("The campaign's id"), **texts("contact_id", "status", "template_id", "replied"), **times("date_added"), **LOCATION},
    asks={"contactId": "contact_id", "status": "status"},
    orders_by="contact_id",
    scopes=("campaigns.readonly",),
)


def _installed_where(app: JSONObject) -> JSONObject:
    """An app is installed in a sub-account or in a whole agency: that is the record."""
    return {**app, "id": app["location_id"] or app["company_id"] or app["app_id"]}


APP: Final = Noun(
    under="app",
    category=AGENCY,
    fields={
        "id": text("Where it is installed: the sub-account, else the agency"),
        **texts("app_id", "version_id", "user_id", "plan_id", "company_name", "install_type"),
        **flags("is_whitelabel_company"),
        **any_of("trial", "whitelabel_details"),
        **texts("current_plan_id", "new_plan_id"),
        **_COMPANY,
        **LOCATION,
    },
    mend=_installed_where,
    keep=frozenset(("appId", "companyId", "versionId")),
)

TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(SUB_ACCOUNT, "locations.created", "Sub-account created", "LocationCreate", listing=_LOCATIONS),
    changed(SUB_ACCOUNT, "locations.changed", "Sub-account created or changed", "LocationCreate", "LocationUpdate", listing=_LOCATIONS),
    created(USER, "users.created", "User created", "UserCreate", listing=_USERS),
    happened(
        CAMPAIGN,
        "campaigns.status_changed",
        "Campaign's status for a contact changed",
        "CampaignStatusUpdate",
        about="Started, paused, ended, replied to; the vendor lists no such thing, so a lost delivery stays lost",
    ),
    happened(APP, "app.installed", "App installed", "AppInstall", about="Your own app of the marketplace, in a sub-account or an agency"),
    happened(APP, "app.uninstalled", "App uninstalled", "AppUninstall"),
    happened(APP, "app.plan_changed", "App's plan changed", "PlanChange"),
)
