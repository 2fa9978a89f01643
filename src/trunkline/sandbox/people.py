"""Made-up people, the same for the same seed: most are easy, some are what real address books are full of."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from trunkline.model.json import JSONObject, as_object, loads

_FIRST: Final = (
    *("Ada", "Ben", "Chloe", "Daniel", "Ella", "Frank", "Grace", "Henry", "Iris", "Jack", "Kate", "Liam", "Mia", "Noah", "Olivia", "Peter"),
    *("José", "Zoë", "Søren", "Łukasz", "Nguyễn", "Анна", "李娜", "محمد", "Mary-Jane", "D'Arcy", "J. R.", "Ümit"),
)
_LAST: Final = (
    *(
        "Palmer",
        "Brooks",
        "Carter",
        "Dawson",
        "Ellis",
        "Fisher",
        "Grant",
        "Harper",
        "Irwin",
        "Jordan",
        "Keller",
        "Lawson",
        "Mercer",
        "Nolan",
    ),
    *("O'Connor", "Müller-Lüdenscheidt", "Ångström", "García Márquez", "de la Cruz", "Đặng", "Иванова", "渡辺", "St. John", "Smith & Sons"),
)
_COMPANY: Final = (
    *("Palmer Roofing", "Brooks Dental", "Harbor Coffee", "Northside Gym", "Café Déjà Vu", 'The "Best" Plumbers', "Straße & Söhne GmbH"),
    *("<b>Bold</b> Prints", "{{ not a template }}", "100% Fit; DROP TABLE", "Line\u00a0Space Ltd", "🌵 Desert Tours", "Bäckerei 'Ähre'"),
)
_AREAS: Final = (
    *(
        201,
        202,
        206,
        212,
        213,
        214,
        215,
        216,
        303,
        305,
        310,
        312,
        313,
        314,
        323,
        404,
        407,
        408,
        412,
        415,
        416,
        425,
        503,
        504,
        512,
        602,
        604,
    ),
    *(612, 615, 617, 619, 702, 704, 713, 718, 720, 804, 808, 813, 816, 901, 907, 913, 917, 919, 949),
)
_ABROAD: Final[tuple[Callable[[int], str], ...]] = (
    lambda number: f"+44207946{number % 1000:04d}",
    lambda number: f"+493023125{number % 1000:03d}",
    lambda number: f"+3319900{number % 10_000:04d}",
    lambda number: f"+612555{number % 10_000:05d}",
)
"""Ranges that these countries keep for films and books, as 555-01xx is in North America: nobody has such a number."""
_UNUSABLE_PHONES: Final = ("12", "+1 555", "call the office")
_UNUSABLE_EMAILS: Final = ("nobody@nowhere", "n/a", "two words@example.com")
_ODD: Final[tuple[tuple[float, Callable[[int, random.Random], JSONObject]], ...]] = (
    (0.08, lambda index, chance: {"phone": None}),
    (0.08, lambda index, chance: {"email": None}),
    (0.03, lambda index, chance: {"phone": None, "email": None}),
    (0.03, lambda index, chance: {"phone": chance.choice(_UNUSABLE_PHONES)}),
    (0.03, lambda index, chance: {"email": chance.choice(_UNUSABLE_EMAILS)}),
    (0.01, lambda index, chance: {"phone": chance.choice(_UNUSABLE_PHONES), "email": chance.choice(_UNUSABLE_EMAILS)}),
    (0.12, lambda index, chance: {"phone": _ABROAD[index % len(_ABROAD)](index)}),
    (0.03, lambda index, chance: {"firstName": None}),
    (0.02, lambda index, chance: {"firstName": None, "lastName": None}),
    (0.03, lambda index, chance: {"email": f"SHOUTING.{index}@Example.COM"}),
    (0.05, lambda index, chance: {"firstName": "Maria", "lastName": "Garcia"}),
)
"""What makes an address book real: the share of people it befalls, and the fields it changes."""


def person(index: int, *, seed: int) -> JSONObject:
    """The person with this number, in the words of a GHL contact; some have no name, no phone or no e-mail address, or unusable ones."""
    chance = random.Random(f"{seed}:{index}")
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    fields: JSONObject = {
        "firstName": first,
        "lastName": last,
        "email": f"{_plain(first)}.{_plain(last)}.{index}@example.{chance.choice(('com', 'net', 'org'))}",
        "phone": _phone(index),
        "source": chance.choice(("website", "walk-in", "referral")),
        "tags": chance.sample(["lead", "customer", "vip", "newsletter"], chance.randint(0, 2)),
    }
    if chance.random() < 0.5:
        fields["companyName"] = chance.choice(_COMPANY)
    kind = chance.random()
    for share, spoiled in _ODD:
        if kind < share:
            fields.update(spoiled(index, chance))
            break
        kind -= share
    return {name: value for name, value in fields.items() if value is not None}


def people(count: int, *, seed: int, start: int = 0) -> list[JSONObject]:
    """`count` people from number `start` on."""
    return [person(index, seed=seed) for index in range(start, start + count)]


def change(index: int, *, seed: int) -> JSONObject:
    """What changes of some contact later: a name, a company, a number or an address is another one, or gone."""
    chance = random.Random(f"{seed}:change:{index}")
    changes: list[JSONObject] = [
        {"lastName": f"{chance.choice(_LAST)}-{chance.choice(_LAST)}"},
        {"companyName": f"{chance.choice(_COMPANY)} {index}"},
        {"phone": _ABROAD[index % len(_ABROAD)](5000 + index)},
        {"email": f"moved.{index}@example.org", "firstName": chance.choice(_FIRST)},
        {"phone": None, "email": f"only.{index}@example.net"},
        {"firstName": None},
        {"lastName": None},
        {"companyName": None, "lastName": chance.choice(_LAST)},
    ]
    return changes[chance.randrange(len(changes))]


def published(folder: Path) -> list[JSONObject]:
    """Contacts made from a vendor's published webhook payloads (`Contact*.json`) in `folder`; none when it is not there.

    All of them speak of one contact, so only the first keeps its id. A deletion makes no contact.
    """
    made: list[JSONObject] = []
    for path in sorted(folder.glob("Contact*.json")):
        payload = as_object(loads(path.read_bytes()))
        if payload.get("type") == "ContactDelete":
            continue
        left_out = {"type", "locationId", "dateAdded", *(("id",) if made else ())}
        made.append({name: value for name, value in payload.items() if name not in left_out})
    return made


def as_openphone(fields: JSONObject) -> JSONObject:
    """The same person in the words of an OpenPhone contact."""
    lists: JSONObject = {
        "emails": [{"name": "E-mail", "value": fields["email"]}] if fields.get("email") else [],
        "phoneNumbers": [{"name": "Phone", "value": fields["phone"]}] if str(fields.get("phone")).startswith("+1") else [],
    }
    return {"firstName": fields.get("firstName"), "lastName": fields.get("lastName"), "company": fields.get("companyName"), **lists}


def _phone(index: int) -> str:
    return f"+1{_AREAS[index // 100 % len(_AREAS)]}55501{index % 100:02d}"


def _plain(name: str) -> str:
    """The letters of a name that an address can hold without further ado."""
    return "".join(letter for letter in name.lower() if letter.isascii() and letter.isalnum()) or "x"
