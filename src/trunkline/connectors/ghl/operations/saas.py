"""SaaS mode of an agency: which sub-accounts pay, for what plan, and whether they may go on."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.agency import with_company
from trunkline.connectors.ghl.categories import AGENCY
from trunkline.connectors.ghl.declaring import around, declared
from trunkline.connectors.ghl.paging import by_number
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import Schema, anything, list_of, nullable, record, text

READ: Final = ("saas/location.read",)
WRITE: Final = ("saas/location.write",)
COMPANY_READ: Final = ("saas/company.read",)
COMPANY_WRITE: Final = ("saas/company.write",)
"""The description names none; the list of scopes does."""

_UNKNOWN: Final = anything("As the vendor gives it: it does not describe it")
_LOCATION: Final = ("locationId",)
"""The sub-account is the one acted upon, never the connection's own by default."""

_SAAS_LOCATION: Final = record(
    {
        "locationId": text(),
        **{name: nullable(text()) for name in ("companyId", "saasMode", "subscriptionId", "customerId", "name", "email")},
        "subscriptionInfo": nullable(record({}, open=True)),
    },
    required=("locationId",),
    open=True,
)
_PLAN: Final = record({"planId": text(), "title": nullable(text()), "prices": list_of(record({}, open=True))}, open=True)
_SUBSCRIPTION: Final = record(
    {name: nullable(text()) for name in ("locationId", "companyId", "saasMode", "subscriptionId", "customerId", "subscriptionStatus")},
    open=True,
)
"""The answers are described with the older calls of the same names, which these replace."""


def _operation(key: str, id: str, title: str, *, output: Schema = _UNKNOWN, **facts: Any) -> Operation:
    return with_company(declared(key, id, title, AGENCY, asked=_LOCATION, output=output, **facts))


def _ids(answer: JSON) -> JSON:
    """A list of ids, alone or under a name."""
    found = answer if isinstance(answer, list) else as_list(as_object(answer).get("locations", as_object(answer).get("data")))
    return {"locations": [{"id": one} if isinstance(one, str) else one for one in found]}


def _plans(answer: JSON) -> JSON:
    found = answer if isinstance(answer, list) else as_list(as_object(answer).get("plans", as_object(answer).get("data")))
    return {"plans": found}


OPERATIONS: Final[tuple[Operation, ...]] = (
    around(
        _operation(
            "GET /saas/locations",
            "saas.find_locations",
            "Find SaaS Locations",
            about="The sub-accounts that belong to a customer or a subscription at Stripe",
            required=("companyId",),
            output=record({"locations": list_of(record({"id": text()}, open=True))}, required=("locations",)),
            items="locations",
            id_field="id",
            scopes=READ,
        ),
        after=_ids,
    ),
    _operation(
        "GET /saas/saas-locations/{companyId}",
        "saas.list_locations",
        "List SaaS Locations",
        defaults={"page": 1},
        output=record({"locations": list_of(_SAAS_LOCATION), "pagination": record({}, open=True)}, open=True),
        items="locations",
        id_field="locationId",
        next_page=by_number("locations", usual=10, more="pagination.hasNext"),
        scopes=READ,
    ),
    _operation(
        "GET /saas/get-saas-subscription/{locationId}",
        "saas.get_subscription",
        "Get SaaS Subscription",
        output=_SUBSCRIPTION,
        id_field="locationId",
        scopes=READ,
    ),
    _operation("PUT /saas/update-saas-subscription/{locationId}", "saas.update_subscription", "Update SaaS Subscription", scopes=WRITE),
    _operation("POST /saas/enable-saas/{locationId}", "saas.enable", "Enable SaaS of Location", scopes=WRITE),
    _operation("POST /saas/bulk-enable-saas/{companyId}", "saas.bulk_enable", "Enable SaaS of Locations", scopes=COMPANY_WRITE),
    _operation(
        "POST /saas/bulk-disable-saas/{companyId}",
        "saas.bulk_disable",
        "Disable SaaS of Locations",
        repeat="safe",
        scopes=COMPANY_WRITE,
    ),
    _operation(
        "POST /saas/pause/{locationId}", "saas.pause_location", "Pause Location", about="Or let it go on", repeat="safe", scopes=WRITE
    ),
    around(
        _operation(
            "GET /saas/agency-plans/{companyId}",
            "saas.list_plans",
            "List SaaS Plans",
            output=record({"plans": list_of(_PLAN)}, required=("plans",)),
            items="plans",
            id_field="planId",
            scopes=COMPANY_READ,
        ),
        after=_plans,
    ),
    _operation("GET /saas/saas-plan/{planId}", "saas.get_plan", "Get SaaS Plan", output=_PLAN, id_field="planId", scopes=COMPANY_READ),
    _operation("POST /saas/update-rebilling/{companyId}", "saas.update_rebilling", "Update Rebilling", repeat="safe", scopes=COMPANY_WRITE),
)
