"""Services that can be booked (version 3), and their bookings: several services one after the other, each with its staff."""

from collections.abc import Mapping
from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import CALENDARS
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, listed
from trunkline.connectors.ghl.times import BOOKED, booked, in_numbers, moment

_ONE: Final = "/calendars/services/bookings/{bookingId}"
_BOOKING: Final[Mapping[str, Any]] = {"id_field": "bookingId", "updated_field": "dateUpdated"}

LIST: Final = around(
    declared(
        "GET /calendars/services/bookings",
        "bookings.list",
        "List Service Bookings",
        CALENDARS,
        about="Those of a stretch of time",
        add={"startTime": moment("Bookings from here on"), "endTime": moment("and before this")},
        items="bookings",
        **_BOOKING,
    ),
    before=in_numbers("startTime", "endTime", as_text=True),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    declared(
        "GET /calendars/services/catalog",
        "bookings.list_services",
        "List Services",
        CALENDARS,
        about="What can be booked: how long it takes, what it costs, who does it",
        items="services",
        id_field="id",
    ),
    declared(
        "GET /calendars/services/catalog/{serviceId}", "bookings.get_service", "Get Service", CALENDARS, record="service", id_field="id"
    ),
    declared(
        "GET /calendars/services/locations",
        "bookings.list_places",
        "List Service Locations",
        CALENDARS,
        about="Where services are done",
        items="serviceLocations",
        id_field="id",
    ),
    LIST,
    declared(f"GET {_ONE}", "bookings.get", "Get Service Booking", CALENDARS, **_BOOKING),
    around(
        declared(
            "POST /calendars/services/bookings",
            "bookings.create",
            "Create Service Booking",
            CALENDARS,
            about="One or more services for a contact",
            add=BOOKED,
            repeat=listed(
                LIST,
                "contactId",
                "startTime",
                within=("locationId",),
                asking=lambda input: {"startTime": input["startTime"], "endTime": input["endTime"]},
            ),
            **_BOOKING,
        ),
        before=booked,
    ),
    around(
        declared(
            f"PUT {_ONE}",
            "bookings.update",
            "Update Service Booking",
            CALENDARS,
            about="Moves it, or says what became of it: cancelled, showed, no_show",
            add=BOOKED,
            **_BOOKING,
        ),
        before=booked,
    ),
    gone_is_done(declared(f"DELETE {_ONE}", "bookings.delete", "Delete Service Booking", CALENDARS)),
)
