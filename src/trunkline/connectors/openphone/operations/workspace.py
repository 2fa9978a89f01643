"""The workspace and its users."""

from dataclasses import replace
from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.openphone.surface import ENDPOINTS, NEXT_PAGE, described, listed, paged, pages_of, user_id

_USERS: Final = ENDPOINTS.operation("GET /v1/users", id="users.list")

LIST_USERS: Final[Operation] = replace(
    _USERS,
    title="List users",
    category="Users",
    call=listed(_USERS, {}),
    takes=paged({}),
    gives=pages_of(described("GET /v1/users/{userId}")),
    items="data",
    id_field="id",
    updated_field="updatedAt",
    next_page=NEXT_PAGE,
    sample="users.list.json",
)

GET_USER: Final[Operation] = ENDPOINTS.operation(
    "GET /v1/users/{userId}",
    id="users.get",
    title="Get user",
    category="Users",
    add={"userId": user_id("The user's id")},
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="users.get.json",
)

GET_ORGANIZATION: Final[Operation] = ENDPOINTS.operation(
    "GET /organization",
    id="organization.get",
    title="Get workspace",
    category="Workspace",
    about="Tells whether the subscription is active; with an expired one no text is sent",
    record="data",
    id_field="id",
    updated_field="updatedAt",
    sample="organization.get.json",
)

OPERATIONS: Final = (LIST_USERS, GET_USER, GET_ORGANIZATION)
