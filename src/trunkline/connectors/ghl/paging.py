"""How this vendor pages: by offset, by number, by the last item; with the sizes it takes when nothing is said."""

from trunkline.connect.declaration import NextPage
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path
from trunkline.model.schema import Schema, integer


def size(most: int | None = None) -> Schema:
    """How many at once. The vendor types this as text in some places and as a number in others; on the wire they are the same."""
    return integer("How many at once", minimum=1, maximum=most)


def start() -> Schema:
    return integer("How many to pass over", minimum=0)


def by_offset(items: str, *, offset: str = "offset", limit: str = "limit", usual: int, total: str | None = None) -> NextPage:
    """Pass over what was read, until the answer's `total` is reached; where it tells none, until a page is not full.

    `usual` is how many the vendor gives when the input does not say.
    """

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        found = len(as_list(at_path(answer, items)))
        read = counted(input.get(offset), 0) + found
        whole = at_path(answer, total) if total else None
        if isinstance(whole, int | float) and not isinstance(whole, bool):
            over = read >= whole
        else:
            over = found < counted(input.get(limit), usual)
        return None if not found or over else {**input, offset: read}

    return next_page


def by_number(items: str, *, page: str = "page", limit: str = "limit", usual: int, total: str = "", more: str = "") -> NextPage:
    """The next number, until the answer's `total` is reached, or what it has at `more` says that there is none."""

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        number, size = counted(input.get(page), 1), counted(input.get(limit), usual)
        whole = at_path(answer, total) if total else None
        over = number * size >= whole if isinstance(whole, int | float) else not at_path(answer, more)
        return None if over or not as_list(at_path(answer, items)) else {**input, page: number + 1}

    return next_page


def by_fields(*, fields: dict[str, str], items: str) -> NextPage:
    """Inputs taken from the answer (`{"startAfterId": "meta.startAfterId"}`); over when one is missing or there were no items."""

    def next_page(input: JSONObject, answer: JSON) -> JSONObject | None:
        after = {name: at_path(answer, place) for name, place in fields.items()}
        if not as_list(at_path(answer, items)) or any(value in (None, "") for value in after.values()):
            return None
        return {**input, **after}

    return next_page


def last(answer: JSON, items: str) -> JSONObject:
    """The last item of a page; empty when there is none."""
    found = as_list(at_path(answer, items))
    return as_object(found[-1]) if found else {}


def counted(value: JSON, otherwise: int) -> int:
    """An input that is a number or text of digits; `otherwise` where it is neither."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
