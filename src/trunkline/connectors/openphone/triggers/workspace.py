"""What changes about the workspace itself: its users and numbers, by poll only."""

from typing import Final

from trunkline.connect.declaration import Trigger
from trunkline.connect.watching import watch
from trunkline.connectors.openphone.operations.numbers import LIST as NUMBERS
from trunkline.connectors.openphone.operations.workspace import GET_ORGANIZATION
from trunkline.connectors.openphone.operations.workspace import LIST_USERS as USERS

TRIGGERS: Final[tuple[Trigger, ...]] = (
    watch(USERS, id="users.changed", title="User joined or changed", under="user", sample="users.changed.json"),
    watch(
        NUMBERS, id="phone_numbers.changed", title="Phone number new or changed", under="phone_number", sample="phone_numbers.changed.json"
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
