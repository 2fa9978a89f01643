"""What contacts enter and leave: workflows, campaigns, followers, businesses."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.calls import CATEGORY, CONTACT_ID, WRITE
from trunkline.connectors.ghl.categories import WORKFLOWS
from trunkline.connectors.ghl.declaring import declared
from trunkline.model.schema import list_of, nullable, text

_CONTACT: Final = {"contactId": CONTACT_ID}
_CAMPAIGN: Final = {**_CONTACT, "campaignId": text("The campaign's id", min_length=1)}
_WORKFLOW: Final = {
    **_CONTACT,
    "workflowId": text("The workflow's id", min_length=1),
    "eventStartTime": text("The time its waiting steps count from, with offset: 2026-11-21T09:00:00+01:00", format="date-time"),
}
_FOLLOWERS: Final = {**_CONTACT, "followers": list_of(text(min_length=1), "Ids of users", min_items=1)}

OPERATIONS: Final[tuple[Operation, ...]] = (
    declared(
        "POST /contacts/{contactId}/campaigns/{campaignId}",
        "contacts.add_to_campaign",
        "Add Contact to Campaign",
        CATEGORY,
        add=_CAMPAIGN,
        leave_out=("body",),  # described as an object without fields
        call={"whole": False},
    ),
    declared(
        "DELETE /contacts/{contactId}/campaigns/{campaignId}",
        "contacts.remove_from_campaign",
        "Remove from Campaign",
        CATEGORY,
        add=_CAMPAIGN,
    ),
    declared(
        "DELETE /contacts/{contactId}/campaigns/removeAll",
        "contacts.remove_from_all_campaigns",
        "Remove from All Campaigns",
        CATEGORY,
        about="Every campaign the contact is in, in one go",
        add=_CONTACT,
    ),
    declared(
        "POST /contacts/{contactId}/workflow/{workflowId}",
        "contacts.add_to_workflow",
        "Add Contact to Workflow",
        WORKFLOWS,
        about="After a lost answer a person decides: nothing tells whether the contact is in it, and a workflow may be entered again",
        add=_WORKFLOW,
    ),
    declared(
        "DELETE /contacts/{contactId}/workflow/{workflowId}",
        "contacts.remove_from_workflow",
        "Remove from Workflow",
        WORKFLOWS,
        add=_WORKFLOW,
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
    declared(
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
    ),
)
