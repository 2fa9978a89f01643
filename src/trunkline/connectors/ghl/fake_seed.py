"""The records the samples speak of, by the path of their collection."""

from collections.abc import Mapping, Sequence
from typing import Final

from trunkline.model.json import JSONObject

ADA: Final = "cOnTaCt00000000000A1"
BUSINESS: Final = "bUsInEsS000000000001"
COMPANY: Final = "cOmPaNy00000000000A1"
_FIRST: Final = "2025-11-02T14:03:11.204Z"
_LATER: Final = "2025-11-20T09:30:00.512Z"

CONTACT: Final[JSONObject] = {
    "id": ADA,
    "firstName": "Ada",
    "lastName": "Palmer",
    "email": "ada.palmer@example.com",
    "phone": "+15555550101",
    "companyName": "Palmer Roofing",
    "dateAdded": _FIRST,
    "dateUpdated": _LATER,
    "tags": ["customer"],
    "customFields": [{"id": "cUsToMfIeLd00000001", "value": "blue"}],
}
NOTE: Final[JSONObject] = {"id": "nOtE0000000000000001", "body": "Called about the roof"}
TASK: Final[JSONObject] = {
    "id": "tAsK0000000000000001",
    "contactId": ADA,
    "title": "Send the quote",
    "body": "By mail",
    "dueDate": "2026-12-01T09:00:00.000Z",
    "completed": False,
}


def _field(number: int, name: str, kind: str, *choices: str, model: str = "contact") -> JSONObject:
    return {
        "id": f"cUsToMfIeLd{number:08}",
        "name": name,
        "fieldKey": f"{model}.{name.lower().replace(' ', '_').replace('?', '')}",
        "dataType": kind,
        "position": 50 * number,
        "model": model,
        "picklistOptions": [*choices],
    }


FIELDS: Final[Sequence[JSONObject]] = (
    _field(1, "Favourite colour", "SINGLE_OPTIONS", "blue", "green", "red"),
    _field(2, "Budget", "MONETORY"),
    _field(3, "Rooms", "NUMERICAL"),
    _field(4, "Move-in date", "DATE"),
    _field(5, "Interests", "MULTIPLE_OPTIONS", "Roof", "Solar", "Gutters"),
    _field(6, "Wants newsletter?", "CHECKBOX", "Yes"),
    _field(7, "Site photo", "FILE_UPLOAD"),
    _field(8, "Contact time", "RADIO", "Morning", "Evening"),
    _field(9, "Second phone", "PHONE"),
    _field(10, "Remarks", "LARGE_TEXT"),
    _field(11, "Nickname", "TEXT"),
    _field(12, "Measures", "TEXTBOX_LIST", "Width", "Height"),
    _field(21, "Site visit", "DATE", model="opportunity"),
    _field(22, "Roof area", "NUMERICAL", model="opportunity"),
)
_OBJECT_FIELDS: Final[Sequence[JSONObject]] = (
    {
        "id": "oBjEcTfIeLd000000001",
        "objectKey": "custom_objects.pet",
        "name": "Kind",
        "fieldKey": "custom_objects.pet.kind",
        "dataType": "SINGLE_OPTIONS",
        "options": [{"key": "cat", "label": "Cat"}, {"key": "dog", "label": "Dog"}],
        "parentId": "fOlDeR00000000000001",
        "showInForms": True,
        "dateAdded": _FIRST,
        "dateUpdated": _LATER,
    },
    {
        "id": "oBjEcTfIeLd000000002",
        "objectKey": "custom_objects.pet",
        "name": "Fee",
        "fieldKey": "custom_objects.pet.fee",
        "dataType": "MONETORY",
        "parentId": "fOlDeR00000000000001",
        "showInForms": True,
        "dateAdded": _FIRST,
        "dateUpdated": _LATER,
    },
    {
        "id": "oBjEcTfIeLd000000003",
        "objectKey": "custom_objects.pet",
        "name": "Size",
        "fieldKey": "custom_objects.pet.size",
        "dataType": "TEXTBOX_LIST",
        "options": [{"key": "height", "label": "Height"}, {"key": "length", "label": "Length"}],
        "parentId": "fOlDeR00000000000001",
        "showInForms": True,
        "dateAdded": _FIRST,
        "dateUpdated": _LATER,
    },
)


def account(location: str) -> Mapping[str, Sequence[JSONObject]]:
    """What a sub-account and its agency hold besides contacts."""
    own = f"locations/{location}"
    return {
        "locations": (
            {
                "id": location,
                "companyId": COMPANY,
                "name": "Palmer & Sons",
                "email": "office@palmer.example.com",
                "phone": "+15555550100",
                "city": "Dayton",
                "state": "OH",
                "country": "US",
                "timezone": "America/New_York",
            },
        ),
        "companies": ({"id": COMPANY, "name": "Brightside Agency", "email": "hello@brightside.example.com", "country": "US"},),
        "users": (
            {
                "id": "uSeR0000000000000001",
                "name": "Quinn Ward",
                "firstName": "Quinn",
                "lastName": "Ward",
                "email": "quinn.ward@example.com",
                "phone": "+15555550120",
                "roles": {"type": "account", "role": "admin", "locationIds": [location]},
            },
        ),
        "businesses": (
            {
                "id": BUSINESS,
                "locationId": location,
                "name": "Palmer Roofing",
                "phone": "+15555550150",
                "city": "Dayton",
                "createdAt": _FIRST,
                "updatedAt": _LATER,
            },
        ),
        f"{own}/tags": ({"id": "tAg00000000000000001", "locationId": location, "name": "customer"},),
        f"{own}/customFields": FIELDS,
        f"{own}/customValues": (
            {
                "id": "cUsToMvAlUe00000001",
                "locationId": location,
                "name": "Opening hours",
                "fieldKey": "{{ custom_values.opening_hours }}",
                "value": "9 to 5",
            },
        ),
        "custom-fields": tuple({**one, "locationId": location} for one in _OBJECT_FIELDS),
    }
