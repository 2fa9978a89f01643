"""What contacts enter and leave: workflows, campaigns, followers, businesses."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Caller, Operation
from trunkline.connectors.ghl.calls import CATEGORY, CONTACT_ID, WRITE
from trunkline.connectors.ghl.categories import WORKFLOWS
from trunkline.connectors.ghl.declaring import declared
from trunkline.connectors.ghl.spelling import well_spelled
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import list_of, nullable, text

_CONTACT: Final = {"contactId": CONTACT_ID}
_CAMPAIGN: Final = {**_CONTACT, "campaignId": text("The campaign's id", min_length=1)}
_WORKFLOW: Final = {
    **_CONTACT,
    "workflowId": text("The workflow's id", min_length=1),
    "eventStartTime": text("The time its waiting steps count from, with offset: 2026-11-21T09:00:00+01:00", format="date-time"),
}
_FOLLOWERS: Final = {**_CONTACT, "followers": list_of(text(min_length=1), "Ids of users", min_items=1)}

_BULK_BUSINESS: Final = declared(
    "POST /contacts/bulk/business",
    "contacts.bulk_update_business",
    "Bulk Business Update",
    WORKFLOWS,
    about="Gives many contacts one business; null takes it away",
    add={
        "businessId": nullable(text("The business's id", min_length=1)),
        "ids": list_of(text(min_length=1), "Contact ids", min_items=1),
    },
    scopes=WRITE,  # the description names none
    repeat="safe",
)
_UNWRITTEN: Final = list_of(text(), "Contacts the vendor did not change")


async def bulk_update_business(caller: Caller, input: JSONObject) -> JSON:
    """The vendor leaves out without a word whom it does not know, and answers with the others."""
    answer = as_object(await caller.call(_BULK_BUSINESS, input))
    done = answer.get("ids")
    missing = [one for one in as_list(input["ids"]) if one not in done] if isinstance(done, list) else []
    return {**answer, "unwritten": missing}


OPERATIONS: Final[tuple[Operation, ...]] = (
    well_spelled(
        declared(
            "POST /contacts/{contactId}/campaigns/{campaignId}",
            "contacts.add_to_campaign",
            "Add Contact to Campaign",
            CATEGORY,
            add=_CAMPAIGN,
            leave_out=("body",),  # described as an object without fields
            call={"whole": False},
        )
    ),
    well_spelled(
        declared(
            "DELETE /contacts/{contactId}/campaigns/{campaignId}",
            "contacts.remove_from_campaign",
            "Remove from Campaign",
            CATEGORY,
            add=_CAMPAIGN,
        )
    ),
    well_spelled(
        declared(
            "DELETE /contacts/{contactId}/campaigns/removeAll",
            "contacts.remove_from_all_campaigns",
            "Remove from All Campaigns",
            CATEGORY,
            about="Every campaign the contact is in, in one go",
            add=_CONTACT,
        )
    ),
    well_spelled(
        declared(
            "POST /contacts/{contactId}/workflow/{workflowId}",
            "contacts.add_to_workflow",
            "Add Contact to Workflow",
            WORKFLOWS,
            about="After a lost answer a person decides: nothing tells whether the contact is in it, and a workflow may be entered again",
            add=_WORKFLOW,
        )
    ),
    well_spelled(
        declared(
            "DELETE /contacts/{contactId}/workflow/{workflowId}",
            "contacts.remove_from_workflow",
            "Remove from Workflow",
            WORKFLOWS,
            add=_WORKFLOW,
        )
    ),
    declared(
        "POST /contacts/{contactId}/followers",
        "contacts.add_followers",
        "Add Contact Followers",
        WORKFLOWS,
        add=_FOLLOWERS,
        repeat="safe",
    ),
    declared("DELETE /contacts/{contactId}/followers", "contacts.remove_followers", "Remove Contact Followers", WORKFLOWS, add=_FOLLOWERS),
    replace(
        _BULK_BUSINESS,
        call=bulk_update_business,
        gives=lambda: {**_BULK_BUSINESS.output, "properties": {**as_object(_BULK_BUSINESS.output["properties"]), "unwritten": _UNWRITTEN}},
    ),
)
