"""What can happen to an opportunity."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connectors.ghl.categories import OPPORTUNITIES
from trunkline.connectors.ghl.operations.searching import SEARCH
from trunkline.connectors.ghl.triggers.shaping import numbers, texts, times
from trunkline.connectors.ghl.triggers.telling import LOCATION, Listing, Noun, became, changed, created, happened
from trunkline.model.json import JSONObject
from trunkline.model.schema import text


def _mended(opportunity: JSONObject) -> JSONObject:
    """Lists say created and updated where events say added."""
    made, renewed = opportunity.pop("created_at", None), opportunity.pop("updated_at", None)
    return {
        **opportunity,
        "date_added": opportunity["date_added"] or made,
        "date_updated": opportunity["date_updated"] or renewed,
    }


_STAGE: Final = ("pipeline_id", "pipeline_stage_id")
OPPORTUNITY: Final = Noun(
    under="opportunity",
    category=OPPORTUNITIES,
    fields={
        "id": text("The opportunity's id"),
        **texts("name", *_STAGE, "status", "contact_id", "assigned_to", "source"),
        **numbers("monetary_value"),
        **times("date_added", "date_updated"),
        **LOCATION,
    },
    identity=("name", *_STAGE, "status", "contact_id", "assigned_to", "source", "monetary_value"),
    mend=_mended,
    asks={"pipelineId": "pipeline_id", "pipelineStageId": "pipeline_stage_id", "status": "status", "assignedTo": "assigned_to"},
    scopes=("opportunities.readonly",),
)
_LISTING: Final = Listing(
    read=SEARCH, created="createdAt", updated="updatedAt", begin={"limit": 100}, narrows=("pipelineId", "pipelineStageId", "assignedTo")
)
_EVENTS: Final = (
    "OpportunityUpdate",
    "OpportunityStageUpdate",
    "OpportunityStatusUpdate",
    "OpportunityMonetaryValueUpdate",
    "OpportunityAssignedToUpdate",
)

TRIGGERS: Final[tuple[Trigger, ...]] = (
    created(OPPORTUNITY, "opportunities.created", "Opportunity created", "OpportunityCreate", listing=_LISTING),
    changed(
        OPPORTUNITY,
        "opportunities.changed",
        "Opportunity created or changed",
        "OpportunityCreate",
        *_EVENTS,
        listing=_LISTING,
        about="Once, though the vendor sends two events of one change: that it changed, and what",
    ),
    became(
        OPPORTUNITY,
        "opportunities.stage_changed",
        "Opportunity moved to another stage",
        "OpportunityStageUpdate",
        fields=_STAGE,
        listing=_LISTING,
        about="With pipelineStageId: moved into that stage",
    ),
    became(
        OPPORTUNITY,
        "opportunities.status_changed",
        "Opportunity's status changed",
        "OpportunityStatusUpdate",
        fields=("status",),
        listing=_LISTING,
        about="Open, won, lost or abandoned; with status: became that",
    ),
    became(
        OPPORTUNITY,
        "opportunities.value_changed",
        "Opportunity's value changed",
        "OpportunityMonetaryValueUpdate",
        fields=("monetary_value",),
        listing=_LISTING,
    ),
    became(
        OPPORTUNITY,
        "opportunities.assigned",
        "Opportunity assigned to somebody else",
        "OpportunityAssignedToUpdate",
        fields=("assigned_to",),
        listing=_LISTING,
        about="With assignedTo: to that user",
    ),
    happened(OPPORTUNITY, "opportunities.deleted", "Opportunity deleted", "OpportunityDelete"),
)
