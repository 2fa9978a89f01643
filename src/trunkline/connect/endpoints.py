"""A vendor's official endpoints as facts, read one at a time from `endpoints.json`, and operations made of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

from trunkline.connect.declaration import Call, Kind, Operation
from trunkline.connect.shapes import FILLED, SHARED, inlined, is_file, with_files
from trunkline.model.errors import ConfigError, NotFoundError
from trunkline.model.http import Pairs
from trunkline.model.json import JSON, JSONObject, as_list, as_object, loads
from trunkline.model.schema import Schema, anything, record

CALL: Final = "call "
"""What the id of an endpoint's own operation begins with: `call GET /contacts/{contactId}`."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value in the path, the query or a header. `comma`: a list is one text with commas, not a repeated key."""

    name: str
    place: Literal["path", "query", "header"]
    required: bool
    comma: bool
    schema: Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What the official description says of one method and path. `shared` finds the schemas it refers to."""

    key: str
    facts: JSONObject
    shared: Callable[[str], Schema | None]

    @property
    def method(self) -> str:
        return self.key.split(" ", 1)[0]

    @property
    def path(self) -> str:
        return self.key.split(" ", 1)[1]

    def is_below(self, name: str) -> bool:
        """Whether the name in the path only says where this is. A write to what it names must be told which one."""
        return self.kind == "read" or not self.path.endswith(f"{{{name}}}")

    @property
    def area(self) -> str:
        return str(self.facts.get("area", ""))

    @property
    def operation_id(self) -> str:
        return str(self.facts.get("id", ""))

    @property
    def deprecated(self) -> bool:
        return self.facts.get("deprecated") is True

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(map(str, as_list(self.facts.get("scopes"))))

    @property
    def permissions(self) -> tuple[str, ...]:
        """What its caller has to be granted: scopes, or where a vendor has none the permission of the app."""
        return self.scopes or tuple(str(one) for one in (self.facts.get("app_permission"),) if one)

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers with the one value the endpoint wants."""
        return {name: str(value) for name, value in as_object(self.facts.get("headers")).items()}

    @property
    def kind(self) -> Kind:
        return "read" if self.method in ("GET", "HEAD", "OPTIONS") else "write"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(self._parameter(as_object(given)) for given in as_list(self.facts.get("parameters")))

    def _parameter(self, given: JSONObject) -> Parameter:
        place = given["in"]
        assert place in ("path", "query", "header")
        required = place == "path" or given.get("required") is True
        comma = given.get("list") == "comma"
        return Parameter(str(given["name"]), place, required, comma, self._whole(given.get("schema")))

    @property
    def content(self) -> str | None:
        """The media type of the body, None when there is none."""
        body = self.facts.get("body")
        return str(body["type"]) if isinstance(body, dict) else None

    @property
    def body(self) -> Schema:
        """The body's schema, shared ones put in; empty when nothing is known of it."""
        return self._whole(as_object(self.facts.get("body")).get("schema"))

    @property
    def body_required(self) -> bool:
        return as_object(self.facts.get("body")).get("required") is True

    @property
    def inputs(self) -> frozenset[str]:
        """The names of its parameters and of the fields of its body; what lies deeper is not looked at."""
        body = as_object(as_object(self.facts.get("body")).get("schema"))
        reference = body.get("$ref")
        if isinstance(reference, str):
            body = self.shared(reference.removeprefix(SHARED)) or {}
        named = {str(as_object(one).get("name")) for one in as_list(self.facts.get("parameters"))}
        return frozenset(named | set(as_object(body.get("properties"))))

    @property
    def answer(self) -> Schema:
        """The schema of a good answer, shared ones put in."""
        return self._whole(as_object(self.facts.get("answer")).get("schema"))

    @property
    def answer_type(self) -> str:
        return str(as_object(self.facts.get("answer")).get("type", "application/json"))

    @property
    def answer_status(self) -> int:
        status = as_object(self.facts.get("answer")).get("status")
        return status if isinstance(status, int) else 200

    def _whole(self, schema: JSON) -> Schema:
        return inlined(as_object(schema), self.shared)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Inputs of an endpoint that a flow need not give: `options` are taken from the connection's, `defaults` are always the same."""

    options: Mapping[str, str] = field(default_factory=dict[str, str])
    defaults: Mapping[str, JSON] = field(default_factory=dict[str, JSON])


class Endpoints:
    """All endpoints of a vendor by `METHOD /path`. The file's lines are kept as bytes, and parsed when an endpoint is asked for."""

    def __init__(
        self,
        text: bytes,
        *,
        headers: Callable[[Endpoint], Mapping[str, str]] | None = None,
        options: Mapping[str, str] | None = None,
        fills: Callable[[Endpoint], Filled] | None = None,
        refuse: Callable[[Endpoint], str] | None = None,
    ) -> None:
        """`text` is an `endpoints.json`: one endpoint or schema a line. `headers` gives what every call wants besides the facts.

        `options` says which of the connection's options fill a name in the path, for each endpoint that only lies below it; `fills` says
        what else is filled, endpoint by endpoint. `refuse` tells why an endpoint is not offered; empty for one that is.
        """
        self._endpoints, self._schemas, self.server, self.sources = _lines(text)
        self._parsed: dict[str, Schema | None] = {}
        self._headers = headers
        self._options = options or {}
        self._fills = fills
        self._refuse = refuse

    @classmethod
    def of(
        cls,
        package: str,
        *,
        headers: Callable[[Endpoint], Mapping[str, str]] | None = None,
        options: Mapping[str, str] | None = None,
        fills: Callable[[Endpoint], Filled] | None = None,
        refuse: Callable[[Endpoint], str] | None = None,
    ) -> "Endpoints":
        """Those of the connector in `package` (`trunkline.connectors.ghl`)."""
        text = (files(package) / "endpoints.json").read_bytes()
        return cls(text, headers=headers, options=options, fills=fills, refuse=refuse)

    @classmethod
    def read(cls, path: Path) -> "Endpoints":
        """Those in a file; `ConfigError` when it is none of ours."""
        return cls(path.read_bytes())

    def __iter__(self) -> Iterator[str]:
        return iter(self._endpoints)

    def __len__(self) -> int:
        return len(self._endpoints)

    def __contains__(self, key: str) -> bool:
        return key in self._endpoints

    def __getitem__(self, key: str) -> Endpoint:
        """Raise `NotFoundError`, whose hint names the nearest ones."""
        line = self._endpoints.get(key)
        if line is None:
            near = get_close_matches(key, list(self._endpoints), n=3, cutoff=0.5)
            raise NotFoundError(f"there is no endpoint {key}", hint=f"Did you mean {', '.join(near)}?" if near else "")
        return Endpoint(key=key, facts=as_object(loads(line)), shared=self._shared)

    def operation(
        self,
        key: str,
        *,
        id: str = "",
        add: Mapping[str, Schema] | None = None,
        leave_out: Sequence[str] = (),
        required: Sequence[str] | None = None,
        output: Schema | None = None,
        call: Mapping[str, Any] | None = None,
        asked: Sequence[str] = (),
        **facts: Any,
    ) -> Operation:
        """An operation that is this endpoint: kind, scopes, schemas and call come from the facts, `facts` are those of `Operation`.

        `add` puts inputs in or replaces them, `leave_out` takes some away, `required` says which are needed where the description is
        wrong; `call` changes fields of the `Call`, and what its `options` and `defaults` fill is needed no more, except what is to be
        `asked` all the same. Without an `id` it is the endpoint's own, `call METHOD /path`. Raises `ConfigError` for one that is refused.
        """
        endpoint = self[key]
        if why := self.refused(key):
            raise ConfigError(f"{key} is not offered: {why}", place=key)
        plain, changes = self._call(endpoint), dict(call or {})
        for name in ("options", "defaults"):
            known: dict[str, Any] = {**(getattr(plain, name) or {}), **(changes.get(name) or {})}
            changes[name] = {input: value for input, value in known.items() if input not in asked} or None
        declared = replace(plain, **changes)
        filled = {**(declared.options or {}), **(declared.defaults or {})}

        def given() -> Schema:
            schema = changed(input_of(self[key]), add=add or {}, leave_out=leave_out, required=required)
            needed = [str(name) for name in as_list(schema.get("required"))]
            by_options: list[JSON] = [name for name in needed if name in (declared.options or {}) and name not in (declared.defaults or {})]
            made = needing(schema, [name for name in needed if name not in filled])
            return {**made, FILLED: by_options} if by_options else made

        def answered() -> Schema:
            return output_of(self[key])

        defaults: dict[str, Any] = {
            "id": id or f"{CALL}{key}",
            "title": _words(endpoint.operation_id) or key,
            "category": endpoint.area,
            "kind": endpoint.kind,
            "repeat": "safe" if endpoint.method in ("PUT", "DELETE") else "never",
            "scopes": endpoint.scopes,
            "deprecated": endpoint.deprecated,
            "group": str(endpoint.facts.get("group", "")),
        }
        return Operation(
            **{**defaults, **facts},
            call=declared,
            takes=given,
            gives=output if output is not None else answered,
            endpoint=key,
        )

    def refused(self, key: str) -> str:
        """Why this endpoint is not offered; empty for one that is."""
        return self._refuse(self[key]) if self._refuse else ""

    def _call(self, endpoint: Endpoint) -> Call:
        call = call_of(endpoint, self._wanted(endpoint))
        within = {one.name: one.schema.get("default") for one in endpoint.parameters if one.place == "path" and endpoint.is_below(one.name)}
        more = self._fills(endpoint) if self._fills else Filled()
        options = {**{name: option for name, option in self._options.items() if name in within}, **more.options}
        defaults = {**{name: value for name, value in within.items() if value is not None}, **more.defaults}
        return replace(call, options=options or None, defaults=defaults or None)

    def _wanted(self, endpoint: Endpoint) -> Pairs:
        more: Mapping[str, str] = self._headers(endpoint) if self._headers else {}
        return tuple({**more, **endpoint.headers}.items())

    def _shared(self, name: str) -> Schema | None:
        if name not in self._parsed:
            line = self._schemas.get(name)
            self._parsed[name] = None if line is None else as_object(loads(line))
        return self._parsed[name]


# ── from facts to a call and its schemas ─────────────────────────────────────────────────────────────────────────────


def call_of(endpoint: Endpoint, headers: Pairs = ()) -> Call:
    """The call that reaches this endpoint from an input made to `input_of`."""
    taken = {place: tuple(one.name for one in endpoint.parameters if one.place == place) for place in ("path", "query", "header")}
    content = endpoint.content
    whole = content is not None and not _has_fields(endpoint.body)
    host = endpoint.facts.get("host")
    return Call(
        method=endpoint.method,
        path=endpoint.path,
        query=taken["query"],
        commas=tuple(one.name for one in endpoint.parameters if one.comma),
        header_inputs=taken["header"],
        body=content is not None,
        content=content or "application/json",
        whole=whole,
        renames=None if whole or content is None else _renames(endpoint) or None,
        headers=headers,
        host=host if isinstance(host, str) else None,
        file="json" not in endpoint.answer_type,
    )


def input_of(endpoint: Endpoint) -> Schema:
    """Parameters and body fields as one flat, closed object; a body that is no object of known fields is the input `body`."""
    # A name in the path goes there first, so its schema is the one that counts where the query has the same name.
    fields = {one.name: _not_empty(one.schema, one.required) for one in sorted(endpoint.parameters, key=lambda one: one.place == "path")}
    required = [one.name for one in endpoint.parameters if one.required]
    if endpoint.content is None:
        return record(fields, required=required)
    body = with_files(endpoint.body)
    if not _has_fields(body):
        body = _something(body, endpoint.content) if endpoint.body_required else body
        needed = [*required, "body"] if endpoint.body_required else required
        return record({**fields, "body": body}, required=needed)
    renamed = {theirs: ours for ours, theirs in _renames(endpoint).items()}
    inner = as_object(body.get("properties"))
    needed_in_body = as_list(body.get("required")) if "json" not in endpoint.content else []
    fields.update({renamed.get(name, name): _not_empty(as_object(schema), name in needed_in_body) for name, schema in inner.items()})
    required += [renamed.get(str(name), str(name)) for name in as_list(body.get("required"))]
    return record(fields, required=required)


def _something(body: Schema, content: str) -> Schema:
    """A body that is needed, of which nothing is described: fields where it is a form, else anything but null."""
    if body:
        return body
    kinds: list[JSON] = ["array", "boolean", "number", "object", "string"]
    return {"type": "object" if "form" in content else kinds}


def _not_empty(schema: Schema, needed: bool) -> Schema:
    """A list that is sent as its items would not be sent at all if it had none, so one that is needed has some."""
    return {**schema, "minItems": 1} if needed and schema.get("type") == "array" and "minItems" not in schema else schema


def output_of(endpoint: Endpoint) -> Schema:
    """What a good answer looks like to a flow."""
    if "json" not in endpoint.answer_type:
        return record({"content_type": {"type": "string"}, "size_bytes": {"type": "integer"}}, required=("content_type",), open=True)
    return endpoint.answer or anything()


def changed(schema: Schema, *, add: Mapping[str, Schema], leave_out: Sequence[str], required: Sequence[str] | None) -> Schema:
    """The same object schema with fields put in, taken away, or needed."""
    fields = {name: as_object(field) for name, field in {**as_object(schema.get("properties")), **add}.items() if name not in leave_out}
    needed = as_list(schema.get("required")) if required is None else required
    return record(fields, required=[str(name) for name in needed if name in fields])


def needing(schema: Schema, required: Sequence[str]) -> Schema:
    """The same object schema, with other fields needed."""
    kept = {name: value for name, value in schema.items() if name != "required"}
    return {**kept, "required": list(required)} if required else kept


def _has_fields(body: Schema) -> bool:
    """Whether the body is an object of named fields: only then can they stand beside the parameters."""
    return bool(as_object(body.get("properties"))) and not is_file(body) and "oneOf" not in body and "anyOf" not in body


def _renames(endpoint: Endpoint) -> dict[str, str]:
    """Inputs of the body whose name a parameter has: `{"body_type": "type"}`."""
    taken = {one.name for one in endpoint.parameters}
    return {f"body_{name}": name for name in as_object(endpoint.body.get("properties")) if name in taken}


def _words(operation_id: str) -> str:
    """`get-contact` and `getContact_v1` → `Get contact`."""
    spaced = "".join(f" {letter}" if letter.isupper() else letter for letter in operation_id)
    words = [word for word in spaced.replace("-", " ").replace("_", " ").lower().split() if word]
    return " ".join(words).capitalize()


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines(text: bytes) -> tuple[dict[str, bytes], dict[str, bytes], str, tuple[str, ...]]:
    """The endpoints and the schemas, each still in its own bytes, the server, and the documents they were made from."""
    tables: dict[bytes, dict[str, bytes]] = {b'"endpoints": {': {}, b'"schemas": {': {}}
    head: dict[str, bytes] = {}
    current = head
    for line in text.splitlines():
        if line in tables:
            current = tables[line]
        elif line in (b"}", b"},"):
            current = head
        elif line.startswith(b'"'):
            name, found, value = line.partition(b'": ')
            if not found:
                raise ConfigError("this is no endpoints.json", hint="Make it with: trunkline connectors import-openapi")
            current[str(loads(name + b'"'))] = value.removesuffix(b",")
    endpoints, schemas = tables.values()
    server, sources = head.get("server", b'""'), head.get("sources", b"[]")
    return endpoints, schemas, str(loads(server)), tuple(map(str, as_list(loads(sources))))
