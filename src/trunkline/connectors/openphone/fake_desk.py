"""The one number and the one user that a simulated workspace begins with, as each surface tells them."""

from typing import Final

from trunkline.connectors.openphone.fake_activity import NUMBER, NUMBER_ID, USER_ID
from trunkline.model.json import JSONObject

SINCE: Final = "2026-01-05T08:00:00.000Z"
"""When the workspace was made."""


def member() -> JSONObject:
    return {"id": USER_ID, "email": "desk@example.com", "firstName": "Front", "lastName": "Desk", "role": "owner", "groupId": "GRfake0001"}


def user(one: JSONObject) -> JSONObject:
    kept = {name: value for name, value in one.items() if name != "groupId"}
    return {**kept, "pictureUrl": None, "createdAt": SINCE, "updatedAt": SINCE}


def number() -> JSONObject:
    return {
        "id": NUMBER_ID,
        "groupId": "GRfake0001",
        "portRequestId": None,
        "formattedNumber": "(555) 555-0100",
        "forward": None,
        "name": "Front desk",
        "number": NUMBER,
        "portingStatus": None,
        "symbol": None,
        "users": [member()],
        "createdAt": SINCE,
        "updatedAt": SINCE,
        "restrictions": {use: {"CA": "unrestricted", "US": "unrestricted", "Intl": "restricted"} for use in ("calling", "messaging")},
    }


def dated_number() -> JSONObject:
    """The dated surface has another word for the number, and tells no members."""
    told = {name: value for name, value in number().items() if name not in ("users", "number", "restrictions")}
    return {**told, "phoneNumber": NUMBER}
