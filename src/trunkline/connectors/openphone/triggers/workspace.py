"""What changes about the workspace itself: its users and numbers, by poll only."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.gone import gone
from trunkline.connect.watching import watch
from trunkline.connectors.openphone.operations.numbers import LIST as NUMBERS
from trunkline.connectors.openphone.operations.workspace import GET_ORGANIZATION
from trunkline.connectors.openphone.operations.workspace import LIST_USERS as USERS

TRIGGERS: Final[tuple[Trigger, ...]] = (
    watch(USERS, id="users.changed", title="User joined or changed", under="user", sample="users.changed.json"),
    watch(
        NUMBERS, id="phone_numbers.changed", title="Phone number new or changed", under="phone_number", sample="phone_numbers.changed.json"
    ),
    gone(
        USERS,
        id="users.removed",
        title="User left",
        under="user",
        keeps=("email", "firstName", "lastName"),
        about="Told when a read of all users did not show them",
        sample="users.removed.json",
    ),
    gone(
        NUMBERS,
        id="phone_numbers.removed",
        title="Phone number given up",
        under="phone_number",
        keeps=("number", "name"),
        about="Told when a read of all numbers did not show it",
        sample="phone_numbers.removed.json",
    ),
    watch(
        GET_ORGANIZATION,
        id="organization.changed",
        title="Workspace changed",
        news="record",
        under="organization",
        about="Its name, or whether the subscription is active",
        sample="organization.changed.json",
    ),
)
