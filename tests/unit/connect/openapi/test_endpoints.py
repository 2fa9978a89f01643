"""The facts of endpoints, from good descriptions and from those as they really are."""

import pytest

from tests.unit.connect.openapi.conftest import Import, Write, document
from trunkline.connect.openapi.importing import import_files
from trunkline.model.json import JSON, JSONObject, as_list, as_object

OK: JSONObject = {"200": {"description": "ok"}}


def endpoint(imported: Import, operation: JSON, key: str = "GET /a", *, item: JSON = None, **more: JSON) -> JSONObject:
    """The facts of one operation, without its area."""
    method, path = key.split(" ", 1)
    whole = document({path: {**as_object(item), method.lower(): {"responses": OK, **as_object(operation)}}})
    facts = dict(imported({**whole, **more}).endpoints[key])
    facts.pop("area")
    return facts


def parameter(name: str, place: str = "query", **more: JSON) -> JSONObject:
    return {"name": name, "in": place, "schema": {"type": "string"}, **more}


def parameters(imported: Import, *given: JSON, key: str = "GET /a", item: JSON = None, **more: JSON) -> list[JSON]:
    return as_list(endpoint(imported, {"parameters": list(given)}, key, item=item, **more).get("parameters"))


TEXT: JSONObject = {"type": "string"}


def test_an_endpoint_says_how_it_is_called_and_nothing_else(imported: Import) -> None:
    operation: JSON = {
        "operationId": "getThing",
        "tags": ["Things", "More"],
        "summary": "prose",
        "description": "prose",
        "deprecated": True,
        "externalDocs": {"url": "x"},
        "x-throttling-group": "Heavy",
        "x-app-permission": "Read",
        "x-user-permission": "ReadUser",
        "x-media-api": True,
        "x-other": "left out",
        "security": [{"oauth": ["things.read", "a.b"]}, {"key": []}],
        "parameters": [
            parameter("Version", "header", required=True, schema={"type": "string", "enum": ["2021-07-28"]}),
            parameter("id", "path"),
        ],
        "responses": {"200": {"description": "ok", "content": {"application/json; charset=utf-8": {"schema": TEXT}}}},
    }
    whole = document({"/things/{id}": {"get": operation}})
    assert imported(whole).endpoints["GET /things/{id}"] == {
        "id": "getThing",
        "area": "Things",
        "deprecated": True,
        "headers": {"version": "2021-07-28"},
        "scopes": ["a.b", "things.read"],
        "access": ["key", "oauth"],
        "group": "Heavy",
        "app_permission": "Read",
        "user_permission": "ReadUser",
        "media": True,
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
        "answer": {"status": 200, "type": "application/json", "schema": TEXT},
    }


def test_the_area_is_the_first_tag_or_the_name_of_the_file(imported: Import) -> None:
    paths: JSON = {"/a": {"get": {"tags": [" ", 5, " One "], "responses": OK}, "put": {"responses": OK}}}
    facts = imported(document(paths)).endpoints
    assert (facts["GET /a"]["area"], facts["PUT /a"]["area"]) == ("One", "acme")


def test_every_method_of_a_path_counts_and_nothing_else_of_it(imported: Import) -> None:
    methods = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
    item: JSONObject = {**{method: {"responses": OK} for method in methods}, "summary": "x", "x-y": {}, "post": "no operation"}
    paths: JSON = {"/a": item, "x-paths": {"get": {}}, "no/slash": {"get": {}}, '/qu"ote': {"get": {}}, "/nothing": None}
    facts = imported(document(paths)).endpoints
    assert sorted(facts) == ["DELETE /a", "GET /a", "HEAD /a", "OPTIONS /a", "PATCH /a", "PUT /a"]


def test_a_path_may_stand_elsewhere(imported: Import) -> None:
    whole = document({"/a": {"$ref": "#/components/pathItems/A"}}, version="3.1.0")
    whole["components"] = {"pathItems": {"A": {"get": {"responses": OK}}}}
    assert list(imported(whole).endpoints) == ["GET /a"]


# ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_parameters_of_the_path_count_unless_the_operation_has_its_own(imported: Import) -> None:
    item: JSON = {"parameters": [parameter("id", "path"), parameter("q"), {"$ref": "#/components/parameters/Page"}]}
    components: JSON = {"parameters": {"Page": parameter("page", required=True, deprecated=True)}}
    given = parameters(imported, parameter("q", schema={"type": "integer"}), key="GET /a/{id}", item=item, components=components)
    assert given == [
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        {"name": "q", "in": "query", "schema": {"type": "integer"}},
        {"name": "page", "in": "query", "required": True, "deprecated": True, "schema": TEXT},
    ]


def test_a_parameter_in_the_path_that_nobody_declared_is_text_and_one_declared_in_vain_goes(write: Write) -> None:
    operation: JSON = {"parameters": [parameter("Id", "path"), parameter("type")], "responses": OK}
    imported = import_files([write(document({"/a/{id}/{type}": {"get": operation}}))])
    assert imported.facts.endpoints["GET /a/{id}/{type}"]["parameters"] == [
        {"name": "id", "in": "path", "required": True, "schema": TEXT},
        {"name": "type", "in": "path", "required": True, "schema": TEXT},
        {"name": "type", "in": "query", "schema": TEXT},
    ]
    place = "acme.json#/paths/~1a~1{id}~1{type}/get"
    assert [(note.place, note.said.split()[0]) for note in imported.notes] == [(place, "Id"), (place, "id"), (place, "type")]


@pytest.mark.parametrize(
    "given",
    [
        None,
        {"name": "x"},
        {"in": "query"},
        {"name": "", "in": "query"},
        {"name": "x", "in": "body"},
        parameter("session", "cookie"),
        parameter("Authorization", "header"),
        parameter("content-type", "header"),
        parameter("Accept", "header"),
    ],
)
def test_what_is_no_parameter_of_a_call_is_left_out(imported: Import, given: JSON) -> None:
    assert parameters(imported, given) == []


@pytest.mark.parametrize(
    ("schema", "fixed"),
    [
        ({"type": "string", "enum": ["v3"]}, "v3"),
        ({"const": 2}, "2"),
        ({"type": "string", "enum": ["v2", "v3"]}, None),
        ({"type": "string", "default": "v3"}, None),
    ],
)
def test_a_header_with_one_possible_value_is_sent_by_itself(imported: Import, schema: JSON, fixed: str | None) -> None:
    facts = endpoint(
        imported, {"parameters": [parameter("X-Version", "header", schema=schema), parameter("x-version", "header", schema=schema)]}
    )
    if fixed is not None:
        assert facts["headers"] == {"x-version": fixed}
        assert "parameters" not in facts
    else:
        (given,) = as_list(facts["parameters"])
        assert as_object(given)["name"] == "x-version"


LIST: JSON = {"type": "array", "items": TEXT}


@pytest.mark.parametrize(
    ("given", "way"),
    [
        (parameter("x", schema=LIST), None),
        (parameter("x", schema=LIST, explode=True), None),
        (parameter("x", schema=LIST, style="form"), None),
        (parameter("x", schema=LIST, explode=False), "comma"),
        (parameter("x", schema={"$ref": "#/components/schemas/List"}, explode=False), "comma"),
        (parameter("x", "header", schema=LIST), "comma"),
        (parameter("x", explode=False), None),
    ],
)
def test_a_list_travels_as_the_description_says(imported: Import, given: JSON, way: str | None) -> None:
    (facts,) = parameters(imported, given, components={"schemas": {"List": LIST}})
    assert as_object(facts).get("list") == way


def test_a_list_in_a_path_travels_with_commas(imported: Import) -> None:
    (facts,) = parameters(imported, parameter("ids", "path", schema=LIST), key="GET /a/{ids}")
    assert facts == {"name": "ids", "in": "path", "required": True, "list": "comma", "schema": LIST}


@pytest.mark.parametrize("style", ["spaceDelimited", "pipeDelimited"])
def test_a_list_with_other_separators_is_given_as_its_text(imported: Import, style: str) -> None:
    (facts,) = parameters(imported, parameter("x", schema=LIST, style=style, explode=False))
    assert as_object(facts)["schema"] == TEXT


def test_a_value_that_is_a_document_is_given_as_its_text(imported: Import) -> None:
    (facts,) = parameters(imported, {"name": "filter", "in": "query", "content": {"application/json": {"schema": {"type": "object"}}}})
    assert facts == {"name": "filter", "in": "query", "schema": TEXT}


@pytest.mark.parametrize(("style", "names"), [("form", ["from", "to"]), ("deepObject", ["range[from]", "range[to]"])])
def test_the_fields_of_an_object_in_the_query_are_given_one_by_one(imported: Import, style: str, names: list[str]) -> None:
    schema: JSON = {"type": "object", "required": ["from"], "properties": {"from": TEXT, "to": {"type": "integer"}}}
    given = parameters(imported, parameter("range", required=True, style=style, schema=schema))
    first, second = names
    assert given == [
        {"name": first, "in": "query", "required": True, "schema": TEXT},
        {"name": second, "in": "query", "schema": {"type": "integer"}},
    ]
    optional = parameters(imported, parameter("range", style=style, schema=schema))
    assert not any("required" in as_object(one) for one in optional)


@pytest.mark.parametrize(
    ("schema", "carried"),
    [
        ({"type": "boolean"}, {"type": "string", "enum": ["true", "false"]}),
        ({"type": "number", "minimum": 1}, {"type": ["integer", "string"]}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 1}),
        ({"type": "object"}, TEXT),
        ({}, {}),
    ],
)
def test_what_stands_in_a_path_is_text_or_a_whole_number(imported: Import, schema: JSON, carried: JSON) -> None:
    (facts,) = parameters(imported, parameter("x", "path", schema=schema), key="GET /a/{x}")
    assert as_object(facts)["schema"] == carried


def test_keywords_beside_the_schema_count_where_the_schema_says_nothing(imported: Import) -> None:
    odd: JSON = {"name": "after", "in": "query", "anyOf": [{"type": "number"}, LIST], "schema": {"type": "any", "example": 1}}
    old: JSON = {"name": "limit", "in": "query", "type": "integer", "default": 20}
    assert parameters(imported, odd, old) == [
        {"name": "after", "in": "query", "schema": {"anyOf": [{"type": "number"}, LIST]}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}},
    ]


# ── body and answer ──────────────────────────────────────────────────────────────────────────────────────────────────


def media(*types: str) -> JSONObject:
    return {"content": {kind: {"schema": {"type": "object", "properties": {kind.replace("/", " "): TEXT}}} for kind in types}}


@pytest.mark.parametrize(
    ("types", "chosen"),
    [
        (("application/json",), "application/json"),
        (("multipart/form-data", "application/json", "application/xml"), "application/json"),
        (("application/xml", "Application/JSON; charset=utf-8"), "application/json"),
        (("*/*",), "application/json"),
        (("multipart/form-data", "application/scim+json"), "application/scim+json"),
        (("multipart/form-data", "application/x-www-form-urlencoded"), "application/x-www-form-urlencoded"),
        (("multipart/mixed", "multipart/form-data"), "multipart/form-data"),
        (("image/png", "application/pdf"), "application/pdf"),
    ],
)
def test_of_several_kinds_of_body_the_plainest_is_sent(imported: Import, types: tuple[str, ...], chosen: str) -> None:
    body = as_object(endpoint(imported, {"requestBody": media(*types)}, "POST /a")["body"])
    assert body["type"] == chosen
    assert "schema" in body


def test_a_body_may_be_needed_stand_elsewhere_or_say_nothing(imported: Import) -> None:
    components: JSON = {"requestBodies": {"Thing": {"required": True, "content": {"application/json": {}}}}}
    there = endpoint(imported, {"requestBody": {"$ref": "#/components/requestBodies/Thing"}}, "DELETE /a", components=components)
    assert there["body"] == {"type": "application/json", "required": True}


@pytest.mark.parametrize("nothing", [None, {}, {"content": {}}, {"content": None}, "x"])
def test_a_body_that_says_nothing_is_none(imported: Import, nothing: JSON) -> None:
    assert "body" not in endpoint(imported, {"requestBody": nothing}, "POST /a")


@pytest.mark.parametrize(
    ("responses", "answer"),
    [
        ({"200": media("application/json"), "400": media("application/xml")}, (200, "application/json")),
        ({"201": media("application/json"), "204": {}}, (201, "application/json")),
        ({"200": {"description": "empty"}, "202": media("application/json")}, (202, "application/json")),
        ({"204": {"description": "empty"}}, (204, None)),
        ({"2XX": media("text/csv", "*/*")}, (200, "application/json")),
        ({"default": media("application/json")}, (200, "application/json")),
        ({"default": media("application/json"), "204": {}}, (204, None)),
        ({"200": media("audio/mpeg")}, (200, "audio/mpeg")),
        ({"302": {"description": "elsewhere"}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_the_answer_is_the_first_good_one_that_says_something(
    imported: Import, responses: JSON, answer: tuple[int, str | None] | None
) -> None:
    facts = as_object(endpoint(imported, {"responses": responses}).get("answer"))
    assert (facts.get("status"), facts.get("type")) == (answer or (None, None))


# ── servers and security ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_server_most_endpoints_have_is_the_one_and_others_are_told(imported: Import) -> None:
    other: JSON = [{"url": "https://files.acme.example/v2/"}]
    paths: JSON = {
        "/a": {"get": {"responses": OK}, "put": {"responses": OK, "servers": other}},
        "/b": {"get": {"responses": OK}, "servers": [{"url": "/internal"}]},
        "/c": {"get": {"responses": OK}},
    }
    facts = imported(document(paths))
    assert facts.server == "https://api.acme.example"
    hosts = {key: one.get("host") for key, one in facts.endpoints.items() if "host" in one}
    assert hosts == {"PUT /a": "https://files.acme.example/v2", "GET /b": "https://api.acme.example/internal"}


def test_variables_of_a_server_have_what_they_are_unless_told(imported: Import) -> None:
    server: JSON = {"url": "https://{region}.acme.example/{version}", "variables": {"region": {"default": "eu"}, "version": {}}}
    assert imported(document({"/a": {"get": {}}}, servers=[server])).server == "https://eu.acme.example/{version}"


def test_security_of_the_document_counts_unless_the_operation_has_its_own(imported: Import) -> None:
    flows: JSON = {
        "authorizationCode": {"authorizationUrl": "https://a.example/o", "tokenUrl": "https://a.example/t", "scopes": {"x": "prose"}}
    }
    schemes: JSON = {
        "one": {"type": "http", "scheme": "Bearer", "description": "prose"},
        "two": {"type": "apiKey", "in": "query", "name": "key"},
        "three": {"type": "oauth2", "flows": flows},
        "four": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example"},
        "five": {"$ref": "#/components/securitySchemes/one"},
    }
    paths: JSON = {
        "/a": {"get": {"responses": OK}, "put": {"responses": OK, "security": []}, "post": {"responses": OK, "security": [{}, {"two": []}]}}
    }
    facts = imported(document(paths, security=[{"one": ["s"]}], components={"securitySchemes": schemes}))
    assert {key: (one.get("access"), one.get("scopes")) for key, one in facts.endpoints.items()} == {
        "GET /a": (["one"], ["s"]),
        "PUT /a": (None, None),
        "POST /a": (["two"], None),
    }
    assert facts.security == {
        "one": {"kind": "bearer"},
        "two": {"kind": "query", "name": "key"},
        "three": {
            "kind": "oauth2",
            "flow": "authorizationCode",
            "authorize_url": "https://a.example/o",
            "token_url": "https://a.example/t",
        },
        "four": {"kind": "openIdConnect"},
        "five": {"kind": "bearer"},
    }
