"""Workflows and campaigns of the sub-account; contacts enter and leave them by the operations of contacts."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import WORKFLOWS
from trunkline.connectors.ghl.declaring import declared

OPERATIONS: Final[tuple[Operation, ...]] = (
    declared("GET /workflows/", "workflows.list", "List Workflows", WORKFLOWS, items="workflows", id_field="id", updated_field="updatedAt"),
    declared("GET /campaigns/", "campaigns.list", "List Campaigns", WORKFLOWS, items="campaigns", id_field="id"),
)
