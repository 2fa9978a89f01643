"""Users of the agency and its sub-accounts."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.agency import with_company
from trunkline.connectors.ghl.declaring import declared, gone_is_done, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSONObject
from trunkline.model.schema import list_of, one_of, text

CATEGORY: Final = "Users"

_PAGING: Final = {"limit": size(), "skip": start()}
_USER_ID: Final = {"userId": text("The user's id", min_length=1)}

# The description takes companyId for needed; it is filled in.
SEARCH: Final = with_company(
    declared(
        "GET /users/search",
        "users.search",
        "Search Users",
        CATEGORY,
        about="Those of the connection's sub-account, or of the whole agency where it has none",
        add=_PAGING,
        required=(),
        items="users",
        id_field="id",
        next_page=by_offset("users", offset="skip", usual=25, total="count"),
    )
)


def _as_texts(input: JSONObject) -> JSONObject:
    """The vendor wants the addresses in one text with commas, and its numbers as text too."""
    emails = input.get("emails")
    told = {**input, "emails": ",".join(map(str, emails)) if isinstance(emails, list) else emails}
    return {name: str(value) if name in ("limit", "skip") else value for name, value in told.items()}


_FILTER: Final = declared(
    "POST /users/search/filter-by-email",
    "users.filter_by_email",
    "Filter Users by Email",
    CATEGORY,
    kind="read",
    about="Needs an agency's token",
    required=("emails",),
    items="users",
    id_field="id",
    next_page=by_offset("users", offset="skip", usual=25, total="count"),
    repeat="never",
)
FILTER: Final = with_company(
    _FILTER,
    before=_as_texts,
    takes=declared(
        "POST /users/search/filter-by-email",
        _FILTER.id,
        _FILTER.title,
        CATEGORY,
        add={
            **_PAGING,
            "emails": one_of(list_of(text(min_length=1), min_items=1), text(min_length=1), about="A list, or one text with commas"),
        },
        required=("emails",),
    ).takes,
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    SEARCH,
    FILTER,
    declared("GET /users/{userId}", "users.get", "Get User", CATEGORY, add=_USER_ID, id_field="id"),
    declared(
        "GET /users/",
        "users.list_by_location",
        "List Users by Location",
        CATEGORY,
        about="Use users.search: the vendor has taken this one out of its newer version",
        items="users",
        id_field="id",
    ),
    with_company(
        declared(
            "POST /users/",
            "users.create",
            "Create User",
            CATEGORY,
            about="The password goes to the vendor as it is; the agency's id is filled in",
            required=("firstName", "lastName", "email", "password", "type", "role", "locationIds"),
            id_field="id",
        ),
        repeat=listed(SEARCH, "email", asking=lambda input: {"query": input.get("email")}),
        scopes=("users.readonly", "users.write"),
    ),
    declared(
        "PUT /users/{userId}",
        "users.update",
        "Update User",
        CATEGORY,
        about="What is left out stays as it is",
        add=_USER_ID,
        id_field="id",
    ),
    gone_is_done(declared("DELETE /users/{userId}", "users.delete", "Delete User", CATEGORY, add=_USER_ID)),
)
