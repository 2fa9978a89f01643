"""The sub-account's own phone numbers and templates: what messages are sent from and with."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import CONVERSATIONS
from trunkline.connectors.ghl.declaring import declared
from trunkline.connectors.ghl.paging import by_offset, counted, size, start
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import integer

_MOST: Final = 1000


def _next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
    """Pages are counted from nought; over when one is not full."""
    full = len(as_list(as_object(answer).get("numbers"))) >= counted(input.get("pageSize"), _MOST)
    return {**input, "page": counted(input.get("page"), 0) + 1} if full else None


OPERATIONS: Final[tuple[Operation, ...]] = (
    declared(
        "GET /phone-system/numbers/location/{locationId}",
        "phone_numbers.list",
        "List Phone Numbers",
        CONVERSATIONS,
        about="Those of the sub-account, to send from (fromNumber) or to know whose number was called",
        add={"pageSize": size(_MOST), "page": integer(minimum=0)},
        items="numbers",
        id_field="phoneNumber",
        updated_field="dateUpdated",
        next_page=_next_page,
    ),
    declared(
        "GET /locations/{locationId}/templates",
        "conversations.list_templates",
        "List Message Templates",
        CONVERSATIONS,
        about="Of texts, e-mails and WhatsApp: templateId of conversations.send_message",
        add={"limit": size(), "skip": start()},
        # the description does not say whose id it is; its example is that of the sub-account
        call={"options": {"locationId": "location", "originId": "location"}},
        items="templates",
        id_field="id",
        next_page=by_offset("templates", offset="skip", usual=25, total="totalCount"),
    ),
)
