"""Trigger links, funnels and redirects: what leads people to where they are counted."""

from typing import Any, Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import SITES
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of, items_under, listed
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.json import JSON, as_list, as_object
from trunkline.model.schema import list_of, number, record, text

LINKS_READ: Final = ("links.readonly",)
FUNNELS_READ: Final = ("funnels/funnel.readonly",)
PAGES_READ: Final = ("funnels/page.readonly",)
COUNT_READ: Final = ("funnels/pagecount.readonly",)
"""The description names no scope for some of these; the list of scopes does."""

_USUAL: Final = 20
_UPDATED: Final = "updatedAt"

# ── trigger links ────────────────────────────────────────────────────────────────────────────────────────────────────

LIST_LINKS: Final = declared("GET /links/", "links.list", "List Links", SITES, items="links", id_field="id")

_LINKS: Final[tuple[Operation, ...]] = (
    LIST_LINKS,
    declared(
        "GET /links/search",
        "links.search",
        "Search Links",
        SITES,
        add={"limit": size(100), "skip": start()},
        items="links",
        id_field="id",
        next_page=by_offset("links", offset="skip", usual=_USUAL),
        scopes=LINKS_READ,
    ),
    declared("GET /links/id/{linkId}", "links.get", "Get Link", SITES, record="link", id_field="id", scopes=LINKS_READ),
    declared(
        "POST /links/",
        "links.create",
        "Create Link",
        SITES,
        about="A link whose clicks start workflows",
        record="link",
        id_field="id",
        repeat=listed(LIST_LINKS, "name", "redirectTo", within=("locationId",), wrap="link"),
    ),
    declared("PUT /links/{linkId}", "links.update", "Update Link", SITES, record="link", id_field="id"),
    gone_is_done(declared("DELETE /links/{linkId}", "links.delete", "Delete Link", SITES)),
)

# ── funnels ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_FUNNEL: Final = record({"_id": text(), "name": text(), "type": text(), "steps": list_of(record({}, open=True))}, open=True)
_PAGE: Final = record({**{name: text() for name in ("_id", "name", "funnelId", "stepId", "updatedAt")}}, open=True)
_REDIRECT: Final = record({**{name: text() for name in ("id", "domain", "path", "target", "action")}}, open=True)


def _list(key: str, id: str, title: str, **facts: Any) -> Operation:
    return declared(key, id, title, SITES, add={"limit": size(100), "offset": start()}, defaults={"limit": _USUAL, "offset": 0}, **facts)


def _redirects(answer: JSON) -> JSON:
    """They lie in `data.data`, described as an object."""
    inner = as_object(answer).get("data")
    found = as_object(inner)
    return {"redirects": inner if isinstance(inner, list) else as_list(found.get("data")), "total": found.get("count")}


LIST_REDIRECTS: Final = around(
    _list(
        "GET /funnels/lookup/redirect/list",
        "funnels.list_redirects",
        "List Redirects",
        output=items_of(_REDIRECT, "redirects"),
        items="redirects",
        id_field="id",
        next_page=by_offset("redirects", usual=_USUAL, total="total"),
    ),
    after=_redirects,
)

_FUNNELS: Final[tuple[Operation, ...]] = (
    around(
        _list(
            "GET /funnels/funnel/list",
            "funnels.list",
            "List Funnels",
            about="Funnels and websites",
            output=items_of(_FUNNEL, "funnels", count=number()),
            items="funnels",
            id_field="_id",
            updated_field=_UPDATED,
            next_page=by_offset("funnels", usual=_USUAL, total="count"),
            scopes=FUNNELS_READ,
        ),
        after=lambda answer: items_under(answer, "funnels"),
    ),
    around(
        _list(
            "GET /funnels/page",
            "funnels.list_pages",
            "List Pages of Funnel",
            output=items_of(_PAGE, "pages"),
            items="pages",
            id_field="_id",
            updated_field=_UPDATED,
            next_page=by_offset("pages", usual=_USUAL),
            scopes=PAGES_READ,
        ),
        after=lambda answer: {"pages": items_under(answer, "pages")["pages"]},
    ),
    declared("GET /funnels/page/count", "funnels.count_pages", "Count Pages of Funnel", SITES, scopes=COUNT_READ),
    LIST_REDIRECTS,
    declared(
        "POST /funnels/lookup/redirect",
        "funnels.create_redirect",
        "Create Redirect",
        SITES,
        record="data",
        id_field="id",
        repeat=listed(LIST_REDIRECTS, "domain", "path", "target", within=("locationId",), wrap="data"),
    ),
    declared(
        "PATCH /funnels/lookup/redirect/{id}",
        "funnels.update_redirect",
        "Update Redirect",
        SITES,
        record="data",
        id_field="id",
        repeat="safe",
    ),
    gone_is_done(declared("DELETE /funnels/lookup/redirect/{id}", "funnels.delete_redirect", "Delete Redirect", SITES)),
)

OPERATIONS: Final[tuple[Operation, ...]] = (*_LINKS, *_FUNNELS)
