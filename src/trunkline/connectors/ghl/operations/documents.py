"""Documents and contracts, and the files of the media library."""

from typing import Final

from trunkline.connect.declaration import Operation
from trunkline.connectors.ghl.categories import DOCUMENTS
from trunkline.connectors.ghl.declaring import around, declared, gone_is_done, items_of
from trunkline.connectors.ghl.paging import by_offset, size, start
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.model.schema import Schema, anything, nullable, record, text

DOCUMENTS_READ: Final = ("documents_contracts/list.readonly",)
DOCUMENTS_SEND: Final = ("documents_contracts/sendLink.write",)
TEMPLATES_READ: Final = ("documents_contracts_template/list.readonly",)
TEMPLATES_SEND: Final = ("documents_contracts_template/sendLink.write",)
MEDIA_WRITE: Final = ("medias.write",)
"""The description names no scope for some of these; the list of scopes does."""

_USUAL: Final = 20
_UPDATED: Final = "updatedAt"
_PAGED: Final[dict[str, Schema]] = {"limit": size(100), "skip": start()}

_DOCUMENTS: Final[tuple[Operation, ...]] = (
    declared(
        "GET /proposals/document",
        "documents.list",
        "List Documents",
        DOCUMENTS,
        about="Proposals and contracts, and how far they came",
        add=_PAGED,
        defaults={"limit": _USUAL, "skip": 0},
        items="documents",
        id_field="_id",
        updated_field=_UPDATED,
        next_page=by_offset("documents", offset="skip", usual=_USUAL, total="total"),
        scopes=DOCUMENTS_READ,
    ),
    declared("POST /proposals/document/send", "documents.send", "Send Document", DOCUMENTS, scopes=DOCUMENTS_SEND),
    declared(
        "GET /proposals/templates",
        "documents.list_templates",
        "List Document Templates",
        DOCUMENTS,
        add=_PAGED,
        defaults={"limit": _USUAL, "skip": 0},
        items="data",
        id_field="_id",
        updated_field=_UPDATED,
        next_page=by_offset("data", offset="skip", usual=_USUAL, total="total"),
        scopes=TEMPLATES_READ,
    ),
    declared(
        "POST /proposals/templates/send",
        "documents.send_template",
        "Send Document Template",
        DOCUMENTS,
        about="Makes a document of a template for a contact, and sends it if wanted",
        scopes=TEMPLATES_SEND,
    ),
)

# ── the media library ────────────────────────────────────────────────────────────────────────────────────────────────

_FILE: Final = record({name: nullable(text()) for name in ("id", "_id", "name", "url", "parentId", "type")}, open=True)


def _files(answer: JSON) -> JSON:
    """Described as a list of texts; records come, whose id is `_id` or `id`."""
    return {**as_object(answer), "files": [_file(one) for one in as_list(as_object(answer).get("files"))]}


def _file(found: JSON) -> JSONObject:
    told: JSONObject = found if isinstance(found, dict) else {"url": found}
    return {"id": told.get("id", told.get("_id", told.get("url"))), **told}


LIST_MEDIA: Final = around(
    declared(
        "GET /medias/files",
        "media.list",
        "List Media",
        DOCUMENTS,
        add={"limit": size(100), "offset": start(), "type": text(choices=("file", "folder"))},
        defaults={"limit": _USUAL, "offset": 0, "sortBy": "createdAt", "sortOrder": "desc", "type": "file"},
        output=items_of(_FILE, "files"),
        items="files",
        id_field="id",
        updated_field=_UPDATED,
        next_page=by_offset("files", usual=_USUAL),
    ),
    after=_files,
)


def _a_file(input: JSONObject) -> JSONObject:
    """A file itself, or the address of one that is elsewhere (`hosted` tells the vendor which)."""
    if not input.get("file") and not input.get("fileUrl"):
        raise MappingError("file is missing", field="file", hint="Give the file, or its address as fileUrl.")
    return {"hosted": not input.get("file"), **input}


_MEDIA: Final[tuple[Operation, ...]] = (
    LIST_MEDIA,
    around(
        declared("POST /medias/upload-file", "media.upload", "Upload Media", DOCUMENTS, about="A file, or one from an address"),
        before=_a_file,
    ),
    declared(
        "POST /medias/{id}",
        "media.rename",
        "Rename Media",
        DOCUMENTS,
        repeat="safe",
        scopes=MEDIA_WRITE,
        output=anything("As the vendor gives it: it does not describe it"),
    ),
    gone_is_done(declared("DELETE /medias/{id}", "media.delete", "Delete Media", DOCUMENTS)),
    declared("POST /medias/folder", "media.create_folder", "Create Media Folder", DOCUMENTS, scopes=MEDIA_WRITE),
)

OPERATIONS: Final[tuple[Operation, ...]] = (*_DOCUMENTS, *_MEDIA)
