"""The contacts of a simulated workspace as the dated surface tells them: flat, with numbers, e-mails and custom values as properties."""

from collections.abc import Callable, Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.openphone.fake_lists import Refused, commas, dated_page, v1_page
from trunkline.connectors.openphone.fake_records import Contacts
from trunkline.model.clock import Instant, iso
from trunkline.model.ids import fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_NAMES: Final = ("firstName", "lastName", "company", "role")
_KEPT: Final = ("id", "externalId", "source", "sourceUrl", "createdAt", "updatedAt")
_LISTS: Final = {"email": "emails", "phone-number": "phoneNumbers"}


class People:
    """What both surfaces answer about contacts."""

    def __init__(self, book: Contacts, now: Callable[[], Instant]) -> None:
        self._book = book
        self._now = now

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "GET /v1/contacts": self._list,
            "POST /v1/contacts": lambda _, body: {"data": self._book.create(body)},
            "GET /v1/contacts/{id}": lambda request, _: {"data": self._book.get(request.path_params["id"])},
            "PATCH /v1/contacts/{id}": lambda request, body: {"data": self._book.patch(request.path_params["id"], body)},
            "DELETE /v1/contacts/{id}": lambda request, _: self._book.delete(request.path_params["id"]),
            "GET /v1/contact-custom-fields": lambda _, __: {"data": [*self._book.definitions.values()]},
            "GET /contacts": self._list_flat,
            "POST /contacts": self._create_flat,
            "GET /contacts/{contactId}": lambda request, _: {"data": flat(self._contact(request))},
            "PATCH /contacts/{contactId}": self._change_flat,
            "DELETE /contacts/{contactId}": lambda request, _: self._book.delete(request.path_params["contactId"]),
            "GET /contacts/{contactId}/properties": self._list_properties,
            "POST /contacts/{contactId}/properties": self._add_property,
            "PATCH /contacts/{contactId}/properties/{propertyId}": self._change_property,
            "DELETE /contacts/{contactId}/properties/{propertyId}": self._remove_property,
        }

    def _contact(self, request: Request) -> JSONObject:
        return self._book.get(request.path_params["contactId"])

    # ── contacts ──

    def _list(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        found = self._book.listed(external_ids=query.getlist("externalIds"), sources=query.getlist("sources"))
        return v1_page(found, query)

    def _list_flat(self, request: Request, _: JSON) -> JSON:
        query = request.query_params
        ids = commas(query, "externalId[in]") or query.getlist("externalId")
        found = self._book.listed(external_ids=ids, sources=commas(query, "source[in]") or query.getlist("source"))
        return dated_page([flat(contact) for contact in found], query)

    def _create_flat(self, _: Request, body: JSON) -> JSON:
        given = as_object(body)
        fields: JSONObject = {name: given.get(name) for name in _NAMES}
        author = {"createdByUserId": given["actorId"]} if given.get("actorId") else {}
        made = self._book.create({**_beside(given), **author, "defaultFields": fields})
        return {"data": flat(made)}

    def _change_flat(self, request: Request, body: JSON) -> JSON:
        """Names only: numbers, e-mails and custom values stay as they are."""
        contact, given = self._contact(request), as_object(body)
        fields = as_object(contact["defaultFields"])
        fields.update({name: given[name] for name in _NAMES if name in given})
        contact.update({name: given[name] for name in ("externalId", "source", "sourceUrl") if name in given})
        self._touch(contact)
        return {"data": flat(contact)}

    def _touch(self, contact: JSONObject) -> None:
        contact["updatedAt"] = iso(self._now())
        self._book.announce(contact)

    # ── properties ──

    def _list_properties(self, request: Request, _: JSON) -> JSON:
        wanted = request.query_params.get("type")
        return dated_page([one for one in properties(self._contact(request)) if wanted in (None, one["type"])], request.query_params)

    def _add_property(self, request: Request, body: JSON) -> JSON:
        contact, given = self._contact(request), as_object(body)
        added: JSONObject = {"id": fresh("prop"), "name": given.get("name"), "value": given["value"]}
        if given["type"] in _LISTS:
            as_list(as_object(contact["defaultFields"])[_LISTS[str(given["type"])]]).append(added)
        else:
            as_list(contact["customFields"]).append({**added, "type": given["type"], "key": str(added["id"])})
        self._touch(contact)
        return {"data": self._property(contact, str(added["id"]))}

    def _change_property(self, request: Request, body: JSON) -> JSON:
        contact, id = self._contact(request), request.path_params["propertyId"]
        self._property(contact, id)
        for entry in _entries(contact):
            if entry.get("id") == id:
                entry.update({name: value for name, value in as_object(body).items() if name in ("name", "value")})
        self._touch(contact)
        return {"data": self._property(contact, id)}

    def _remove_property(self, request: Request, _: JSON) -> None:
        contact, id = self._contact(request), request.path_params["propertyId"]
        self._property(contact, id)
        for some in (
            *map(as_list, (as_object(contact["defaultFields"])[name] for name in _LISTS.values())),
            as_list(contact["customFields"]),
        ):
            some[:] = [entry for entry in some if as_object(entry).get("id") != id]
        self._touch(contact)

    def _property(self, contact: JSONObject, id: str) -> JSONObject:
        found = next((one for one in properties(contact) if one["id"] == id), None)
        if found is None:
            raise Refused(404, "Property not found")
        return found


def flat(contact: JSONObject) -> JSONObject:
    """A contact as the dated surface and its webhooks tell it: no numbers, e-mails or custom values."""
    fields = as_object(contact["defaultFields"])
    kept: JSONObject = {name: contact[name] for name in _KEPT}
    return {**kept, **{name: fields[name] for name in _NAMES}, "actorId": contact["createdByUserId"]}


def properties(contact: JSONObject) -> list[JSONObject]:
    """What the dated surface keeps apart from the contact."""
    times: JSONObject = {"createdAt": contact["createdAt"], "updatedAt": contact["updatedAt"]}
    fields = as_object(contact["defaultFields"])
    found: list[JSONObject] = []
    for kind, name in _LISTS.items():
        found += [{**_told(as_object(entry)), "type": kind, **times} for entry in as_list(fields[name])]
    return found + [{**_told(as_object(one)), "type": as_object(one)["type"], **times} for one in as_list(contact["customFields"])]


def _told(entry: JSONObject) -> JSONObject:
    return {"id": entry["id"], "name": entry.get("name"), "value": entry["value"]}


def _entries(contact: JSONObject) -> list[JSONObject]:
    fields = as_object(contact["defaultFields"])
    return [as_object(entry) for some in (fields["emails"], fields["phoneNumbers"], contact["customFields"]) for entry in as_list(some)]


def _beside(given: JSONObject) -> JSONObject:
    return {name: given[name] for name in ("externalId", "source", "sourceUrl") if given.get(name) is not None}
