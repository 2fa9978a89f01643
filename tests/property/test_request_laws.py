"""Whatever the input is, a call reaches the endpoint it names or is refused."""

from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.client import full_url, origin
from trunkline.connect.declaration import send
from trunkline.connect.inputs import check
from trunkline.connect.requests import build
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError
from trunkline.model.json import JSON, JSONObject, loads
from trunkline.model.schema import integer, list_of, nullable, record, text
from trunkline.testing.strategies import conforming, json_objects, json_values, texts

NOBODY = Account(options={}, credential=Credential())
BASE = "https://api.example:8443/v1"
CALL = send("POST", "/contacts/{id}/notes", query=("tags",))


@given(id=json_values(max_leaves=3), tags=json_values(max_leaves=3), rest=json_objects())
def test_no_input_changes_host_path_or_what_is_sent(id: object, tags: object, rest: JSONObject) -> None:
    input: JSONObject = {**rest, "id": id, "tags": tags}  # pyright: ignore[reportAssignmentType] - hypothesis makes JSON
    try:
        request = build(CALL, input, NOBODY)
    except MappingError as error:
        assert error.field in ("id", "tags")  # noqa: PT017 - either outcome is right
        return
    url = full_url(request, BASE)
    assert origin(url) == origin(BASE)
    segments = url.split("?")[0].split("/")
    assert segments[3:5] == ["v1", "contacts"]
    assert (unquote(segments[5]), segments[6:]) == (str(id), ["notes"])
    assert request.body is not None
    assert loads(request.body) == {name: value for name, value in rest.items() if name not in ("id", "tags")}


SCHEMA = record(
    {
        "name": text(min_length=1, max_length=5),
        "phone": text(format="e164"),
        "email": text(format="email"),
        "at": text(format="date-time"),
        "kind": text(choices=("a", "b")),
        "tags": list_of(text(), min_items=1, max_items=3),
        "age": nullable(integer(minimum=0, maximum=9)),
    },
    required=("name", "kind"),
)


@given(conforming(SCHEMA))
def test_value_made_from_a_schema_fits_it(value: JSONObject) -> None:
    check(SCHEMA, value)


@given(texts(), st.integers(0, 3))
def test_bad_value_is_refused_by_name(value: str, times: int) -> None:
    tags: list[JSON] = [value] * times
    try:
        check(SCHEMA, {"name": "x", "kind": "a", "tags": tags})
    except MappingError as error:
        assert (error.field, times) == ("tags", 0)  # noqa: PT017 - either outcome is right
    else:
        assert times
