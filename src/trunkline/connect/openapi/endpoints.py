"""The endpoints of one document as facts: how each is called, not what its author says about it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urljoin, urlsplit

from trunkline.connect.openapi.documents import Document, Documents, Spot
from trunkline.connect.openapi.parameters import parameters_of, split
from trunkline.connect.openapi.schemas import Schemas
from trunkline.model.json import JSON, JSONObject, as_list, as_object

METHODS: Final = ("get", "put", "post", "delete", "patch", "head", "options")

_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_EXTENSIONS: Final = {
    "x-throttling-group": "group",
    "x-app-permission": "app_permission",
    "x-user-permission": "user_permission",
    "x-media-api": "media",
}
_BODIES: Final = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
"""Kinds of body from the one we would rather send to the one we would not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Something in a description that is wrong or unusual, and what was made of it."""

    place: str
    said: str


Tell = Callable[[Spot, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One endpoint as it stands in a document. `server` is where it is reached."""

    key: str
    server: str
    facts: JSONObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the endpoints of `document`; `tell` hears of what had to be worked around."""

    documents: Documents
    schemas: Schemas
    document: Document
    tell: Tell

    @property
    def root(self) -> JSONObject:
        return as_object(self.document.data)

    def described(self) -> Iterator["Described"]:
        """Every operation of every path."""
        top = Spot(self.document) / "paths"
        for path, raw in as_object(self.root.get("paths")).items():
            item, at = self.documents.followed(raw, top / path)
            if path.startswith("x-"):
                continue
            if not path.startswith("/") or '"' in path:
                self.tell(top / path, "is no path and is left out")
                continue
            for method in METHODS:
                if isinstance(operation := item.get(method), dict):
                    yield Described(reader=self, key=f"{method.upper()} {path}", item=item, operation=operation, at=at / method)

    def read(self, described: "Described") -> Found:
        """The facts of one endpoint."""
        key, item, operation, at = described.key, described.item, described.operation, described.at
        given, fixed = self._parameters(item, operation, at)
        facts: JSONObject = {
            "id": operation.get("operationId"),
            "area": self._area(operation),
            "deprecated": operation.get("deprecated") is True,
            "headers": dict[str, JSON](fixed),
            **self._security(operation),
            "parameters": list[JSON](self._in_path(given, key, at)),
            "body": self._body(operation, at),
            "answer": self._answer(operation, at),
        }
        facts |= {name: operation[extension] for extension, name in _EXTENSIONS.items() if isinstance(operation.get(extension), str | bool)}
        return Found(key=key, server=self._server(item, operation), facts={name: fact for name, fact in facts.items() if fact})

    def _parameters(self, item: JSONObject, operation: JSONObject, at: Spot) -> tuple[list[JSONObject], dict[str, str]]:
        """Those of the path and the operation's own, which replace those of the same name and place."""
        found: dict[tuple[str, str], tuple[JSONObject, Spot]] = {}
        for owner, spot in ((item, at.parent or at), (operation, at)):
            for index, raw in enumerate(as_list(owner.get("parameters"))):
                parameter, there = self.documents.followed(raw, spot / "parameters" / index)
                found[str(parameter.get("in")), str(parameter.get("name"))] = (parameter, there)
        given: list[JSONObject] = []
        for parameter, there in found.values():
            given += parameters_of(parameter, there, self.schemas, self.tell)
        return split(given)

    def _in_path(self, given: list[JSONObject], key: str, at: Spot) -> list[JSONObject]:
        """The parameters with those of the path made to be the ones that stand in it."""
        wanted = _PLACEHOLDER.findall(key)
        declared = [str(one["name"]) for one in given if one["in"] == "path"]
        for name in wanted:
            if name not in declared:
                self.tell(at, f"{name} is in the path and not declared: taken as text")
        for name in declared:
            if name not in wanted:
                self.tell(at, f"{name} is declared and not in the path: left out")
        missing: list[JSONObject] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in wanted if name not in declared
        ]
        return [*missing, *(one for one in given if one["in"] != "path" or one["name"] in wanted)]

    def _area(self, operation: JSONObject) -> str:
        tags = [tag for tag in as_list(operation.get("tags")) if isinstance(tag, str) and tag.strip()]
        return tags[0].strip() if tags else PurePosixPath(self.document.name).stem

    def _security(self, operation: JSONObject) -> JSONObject:
        """The schemes that prove who calls, and the scopes they need; any one of several is enough."""
        asked = operation["security"] if "security" in operation else self.root.get("security")
        access: set[str] = set()
        scopes: set[str] = set()
        for option in as_list(asked):
            for scheme, needed in as_object(option).items():
                access.add(scheme)
                scopes.update(scope for scope in as_list(needed) if isinstance(scope, str))
        return {"access": list[JSON](sorted(access)), "scopes": list[JSON](sorted(scopes))}

    # ── body and answer ──────────────────────────────────────────────────────────────────────────────────────────────

    def _body(self, operation: JSONObject, at: Spot) -> JSONObject | None:
        body, there = self.documents.followed(operation.get("requestBody"), at / "requestBody")
        content = as_object(body.get("content"))
        if not content:
            return None
        given = min(content, key=_body_rank)
        facts: JSONObject = {"type": "application/json" if given.strip() == "*/*" else _bare(given)}
        if body.get("required") is True:
            facts["required"] = True
        return facts | self._schema(content, given, there)

    def _answer(self, operation: JSONObject, at: Spot) -> JSONObject | None:
        """The first good answer that says what it holds, else the first good one."""
        responses = as_object(operation.get("responses"))
        good = [(status, code) for code in responses if (status := _status(code)) is not None]
        if not good and "default" in responses:
            good = [(200, "default")]
        read = [(status, *self.documents.followed(responses[code], at / "responses" / code)) for status, code in sorted(good)]
        if not read:
            return None
        status, response, there = next((one for one in read if as_object(one[1].get("content"))), read[0])
        facts: JSONObject = {"status": status}
        content = as_object(response.get("content"))
        if content:
            given = min(content, key=_answer_rank)
            facts["type"] = "application/json" if given.strip() == "*/*" else _bare(given)
            facts |= self._schema(content, given, there)
        return facts

    def _schema(self, content: JSONObject, given: str, at: Spot) -> JSONObject:
        schema = self.schemas.pruned(as_object(content[given]).get("schema"), at / "content" / given / "schema")
        return {"schema": schema} if schema else {}

    # ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _server(self, item: JSONObject, operation: JSONObject) -> str:
        own = next((server for owner in (operation, item, self.root) if (server := _first_server(owner))), "")
        return urljoin(_first_server(self.root), own) if own.startswith("/") else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """An operation not read yet: the path's own part, the operation's, and where that stands."""

    reader: Reader
    key: str
    item: JSONObject
    operation: JSONObject
    at: Spot


def _first_server(owner: JSONObject) -> str:
    """The address of the first server, its variables filled with what they are unless told; without a slash at the end."""
    server = as_object(next(iter(as_list(owner.get("servers"))), None))
    variables = as_object(server.get("variables"))
    url = _PLACEHOLDER.sub(lambda name: str(as_object(variables.get(name[1])).get("default", name[0])), str(server.get("url", "")))
    return url.strip().rstrip("/")


def is_address(server: str) -> bool:
    """Whether a server can be called as it is: not a part of an address, and nothing in it left open."""
    parts = urlsplit(server)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and "{" not in server


def _bare(media_type: str) -> str:
    return media_type.split(";")[0].strip().lower()


def _body_rank(media_type: str) -> tuple[int, str]:
    bare = _bare(media_type)
    return _BODIES.index(bare) + 2 if bare in _BODIES[1:] else 0 if bare in (_BODIES[0], "*/*") else 1 if bare.endswith(
        "+json"
    ) else 9, bare


def _answer_rank(media_type: str) -> tuple[int, str]:
    bare = _bare(media_type)
    return 0 if bare in ("application/json", "*/*") else 1 if bare.endswith("+json") else 2, bare


def _status(code: str) -> int | None:
    """A good status; `2XX` stands for all of them."""
    if code.upper() == "2XX":
        return 200
    return int(code) if re.fullmatch("2[0-9][0-9]", code) else None
