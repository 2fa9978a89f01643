"""E-mail templates, and what became of e-mails sent to many."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import SITES
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start

_OF: Final = "/emails/locations/{locationId}"
_ONE: Final = "/emails/locations/{locationId}/templates/{templateId}"
_UPDATED: Final = "updatedAt"


def _list(key: str, id: str, title: str, items: str, **facts: Any) -> Operation:
    return declared(
        key,
        id,
        title,
        SITES,
        add={"limit": size(20), "offset": start()},
        items=items,
        id_field="id",
        updated_field=_UPDATED,
        next_page=by_offset(items, usual=10, total="total"),
        **facts,
    )


LIST: Final = _list(f"GET {_OF}/templates", "emails.list_templates", "List Email Templates", "items")

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    declared(f"GET {_ONE}", "emails.get_template", "Get Email Template", SITES, id_field="id", updated_field=_UPDATED),
    declared(
        f"POST {_OF}/templates",
        "emails.create_template",
        "Create Email Template",
        SITES,
        id_field="id",
        updated_field=_UPDATED,
        repeat=listed(LIST, "name", asking=lambda input: {"search": input["name"]}),
    ),
    declared(
        f"PATCH {_ONE}", "emails.update_template", "Update Email Template", SITES, id_field="id", updated_field=_UPDATED, repeat="safe"
    ),
    gone_is_done(declared(f"DELETE {_ONE}", "emails.delete_template", "Delete Email Template", SITES)),
    _list(f"GET {_OF}/campaigns/emails", "emails.list_campaigns", "List Email Campaigns", "campaigns"),
    declared(
        f"GET {_OF}/campaigns/stats/{{source}}/{{sourceId}}",
        "emails.get_statistics",
        "Get Email Statistics",
        SITES,
        about="Sent, delivered, opened, clicked and the rest",
        record="stats",
    ),
)
