"""Extensions with their numbers and presence, call queues, and the company's directory."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ringcentral.declaring import ACCOUNT, EXTENSION, declared, listed

LIST: Final = listed(f"GET {ACCOUNT}/extension", "extensions.list", "List extensions", "Extensions")
GET: Final = declared(f"GET {EXTENSION}", "extensions.get", "Get extension", "Extensions", id_field="id")
NUMBERS: Final = listed(
    f"GET {EXTENSION}/phone-number",
    "extension_phone_numbers.list",
    "List numbers of an extension",
    "Extensions",
    about="A number can send texts when its features have SmsSender",
)
PRESENCE: Final = declared(f"GET {EXTENSION}/presence", "presence.get", "Get presence", "Extensions")
DIRECTORY: Final = listed(
    f"GET {ACCOUNT}/directory/entries",
    "directory.list",
    "List company contacts",
    "Directory",
    leave_out=("if-none-match",),
)
QUEUES: Final = listed(f"GET {ACCOUNT}/call-queues", "call_queues.list", "List call queues", "Extensions")

_TOLD_TWICE: Final = ("department", "siteId", "extensionStatus", "extensionType")
"""The description has these in the query and again in the body, where each has a plural that takes several."""

SEARCH: Final = listed(
    f"POST {ACCOUNT}/directory/entries/search",
    "directory.search",
    "Find company contact",
    "Directory",
    kind="read",
    repeat="never",
    about="By a piece of a name, a number, an e-mail address or a department",
    leave_out=(*_TOLD_TWICE, *(f"body_{name}" for name in _TOLD_TWICE)),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    LIST,
    GET,
    declared(f"PUT {EXTENSION}", "extensions.update", "Update extension", "Extensions", id_field="id"),
    NUMBERS,
    declared(f"GET {EXTENSION}/features", "extensions.features", "Read feature availability", "Extensions"),
    declared(f"GET {EXTENSION}/authz-profile", "extensions.authz_profile", "Read granted user permissions", "Extensions"),
    PRESENCE,
    declared(
        f"PUT {EXTENSION}/presence",
        "presence.update",
        "Set presence",
        "Extensions",
        about="Availability, do-not-disturb and the text beside it; what is left out stays",
    ),
    QUEUES,
    listed(f"GET {ACCOUNT}/call-queues/{{groupId}}/members", "call_queues.members", "List members of a call queue", "Extensions"),
    DIRECTORY,
    SEARCH,
    declared(f"GET {ACCOUNT}/directory/entries/{{entryId}}", "directory.get", "Get company contact", "Directory", id_field="id"),
)
