"""The fake's address book."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request

from trunkline.connectors.ringcentral.declaring import EXTENSION
from trunkline.connectors.ringcentral.fake_records import OWN, Changing, NextNumber, Now, Page, gone, synced, there
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.testing.simulation import Handler

_BOOK: Final = f"{EXTENSION}/address-book/contact"


class Contacts:
    """Personal contacts of the one extension, kept in `book`."""

    def __init__(self, *, now: Now, number: NextNumber, page: Page) -> None:
        self.book = Changing()
        self._now = now
        self._number = number
        self._page = page

    def add(self, fields: JSONObject) -> JSONObject:
        id = 4_000_000 + self._number()
        return self.book.put({"uri": f"{OWN}/address-book/contact/{id}", "availability": "Alive", "id": id, **fields})

    def handlers(self) -> Mapping[str, Handler]:
        return {
            f"GET {_BOOK}": self._list,
            f"POST {_BOOK}": lambda _, body: self.add(as_object(body)),
            f"GET {_BOOK}/{{contactId}}": lambda request, _: self._known(request),
            f"PUT {_BOOK}/{{contactId}}": self._replace,
            f"PATCH {_BOOK}/{{contactId}}": self._change,
            f"DELETE {_BOOK}/{{contactId}}": lambda request, _: gone(self.book, request.path_params["contactId"]),
            f"GET {EXTENSION}/address-book-sync": self._sync,
        }

    def _known(self, request: Request) -> JSONObject:
        return there(self.book, request.path_params["contactId"])

    def _list(self, request: Request, _: JSON) -> JSON:
        start = request.query_params.get("startsWith", "").casefold()
        numbers = set(request.query_params.getlist("phoneNumber"))
        found = [one for one in self.book.all() if _begins(one, start) and (not numbers or numbers & set(map(str, one.values())))]
        return self._page(found, request)

    def _replace(self, request: Request, body: JSON) -> JSON:
        """What is left out is cleared."""
        known = self._known(request)
        return self.book.put({**{name: known[name] for name in ("uri", "availability", "id")}, **as_object(body)})

    def _change(self, request: Request, body: JSON) -> JSON:
        changed = {**self._known(request), **as_object(body)}
        return self.book.put({name: value for name, value in changed.items() if value is not None})

    def _sync(self, request: Request, _: JSON) -> JSON:
        answer = synced(self.book, request, now=self._now, too_old="CMN-101: Parameter [syncToken]")
        records = as_list(answer["records"])
        begin = int(request.query_params.get("pageId", "0"))
        end = begin + int(request.query_params.get("perPage", "250"))
        more: JSONObject = {"nextPageId": end} if end < len(records) else {}
        return {**answer, "records": records[begin:end], **more}


def _begins(contact: JSONObject, start: str) -> bool:
    return not start or any(str(contact.get(name, "")).casefold().startswith(start) for name in ("firstName", "lastName", "company"))
