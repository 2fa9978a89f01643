"""Forms and surveys, and what people sent with them."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connect.shapes import FILE
from trunkline.connectors.ghl.categories import FORMS
from trunkline.connectors.ghl.declaring import around, declared
from trunkline.connectors.ghl.paging import by_number, by_offset, size, start
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject, as_object, canonical
from trunkline.model.schema import Schema, anything, record, text

_DAYS: Final[dict[str, Schema]] = {
    "startAt": text("Since this day, 2026-11-01; a month ago when left out", format="date"),
    "endAt": text("Until this day; today when left out", format="date"),
}
"""What the vendor takes when nothing is said: its description of the two parameters."""


def _list(key: str, id: str, title: str, items: str) -> Operation:
    return declared(
        key,
        id,
        title,
        FORMS,
        add={"limit": size(50), "skip": start()},
        items=items,
        id_field="id",
        next_page=by_offset(items, offset="skip", usual=10, total="total"),
    )


def _submissions(key: str, id: str, title: str) -> Operation:
    return declared(
        key,
        id,
        title,
        FORMS,
        add={**_DAYS, "limit": size(100)},
        items="submissions",
        id_field="id",
        next_page=by_number("submissions", usual=20, total="meta.total", more="meta.nextPage"),
    )


_UPLOAD: Final = declared(
    "POST /forms/upload-custom-files",
    "forms.upload_file",
    "Upload File to Custom Field",
    FORMS,
    about="Puts a file into a contact's custom field that holds files",
    output=anything("The contact, as the vendor's words say; it does not describe it"),
)


def _as_part(input: JSONObject) -> JSONObject:
    """The part is called after the field and the file; a file's own name here is made of its content, so that a repeat has the same."""
    file = as_object(input["file"])
    part = f"{input['customFieldId']}_{digest(canonical(file), size=16)}"
    return {**{name: value for name, value in input.items() if name not in ("customFieldId", "file")}, "body": {part: file}}


OPERATIONS: Final[tuple[Operation, ...]] = (
    _list("GET /forms/", "forms.list", "List Forms", "forms"),
    _submissions("GET /forms/submissions", "forms.list_submissions", "List Form Submissions"),
    around(
        _UPLOAD,
        before=_as_part,
        takes=record(
            {
                "contactId": text(min_length=1),
                "locationId": text(),
                "customFieldId": text("The field's id", min_length=1),
                "file": FILE,
            },
            required=("contactId", "customFieldId", "file"),
        ),
    ),
    _list("GET /surveys/", "surveys.list", "List Surveys", "surveys"),
    _submissions("GET /surveys/submissions", "surveys.list_submissions", "List Survey Submissions"),
)
