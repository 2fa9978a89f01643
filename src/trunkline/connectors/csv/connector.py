"""The declaration of CSV: one kind of file, one trigger, no secret."""

from typing import Final

from trunkline.connect.declaration import Connector, Trigger
from trunkline.connect.rows import RowFile
from trunkline.model.ids import digest
from trunkline.model.json import JSONObject, canonical
from trunkline.model.schema import integer, record, text

ROW: Final = "row"
_KEYS: Final = ("id", "ID", "Id", "email", "Email", "E-mail", "phone", "Phone")


def payload(body: JSONObject) -> JSONObject:
    """The row by its own headings (or the fields it was mapped to), and where it stood."""
    row, other = body["row"], body["other"]
    assert isinstance(row, dict)
    assert isinstance(other, dict)
    return {"row": {**other, **row}, "file": body["file"], "line": body["line"]}


def record_key(payload: JSONObject) -> str:
    """The row's id, e-mail or phone, so that rows about one record keep their order; else the whole row."""
    row = payload["row"]
    assert isinstance(row, dict)
    found = next((row[name] for name in _KEYS if row.get(name)), None)
    return str(found).strip().lower() if found is not None else digest(canonical(row))


connector = Connector(
    id="csv",
    name="CSV",
    base_url="",
    about="Every row of a CSV file as an event: trunkline csv import. Any vendor's list as a CSV file: trunkline csv export",
    auth=lambda _: (),
    operations=(),
    triggers=(
        Trigger(
            id="rows.received",
            title="Row received",
            category="Files",
            about="Rows of a file that is imported, in their order; values are text",
            kinds=(ROW,),
            payload=payload,
            record_key=record_key,
            gives=record(
                {
                    "row": record({}, open=True, about="Values by heading"),
                    "file": text("The file's name"),
                    "line": integer("Where the row begins, from 1"),
                },
                required=("row", "file", "line"),
            ),
            sample="rows.received.json",
        ),
    ),
    files=(RowFile(id="rows", title="Rows", kind=ROW),),
)
