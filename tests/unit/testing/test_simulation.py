"""What a simulated vendor answers by itself, what it refuses, and that it watches its own answers."""

import pytest

from tests.unit.testing.shop import Shop, answered, told
from trunkline.connect.bodies import encoded
from trunkline.model.json import as_list, as_object
from trunkline.testing.clock import FakeClock
from trunkline.testing.simulation import Mismatch


async def _customer(shop: Shop, **fields: object) -> str:
    return str(as_object((await told(shop, "POST /customers/", {"name": "Ada", **fields}))["customer"])["id"])


# ── state ──


async def test_what_was_made_is_read_changed_listed_and_gone() -> None:
    shop = Shop(clock=FakeClock())
    id = await _customer(shop, email="ada@example.com")
    made = as_object((await told(shop, f"GET /customers/{id}"))["customer"])
    assert made["name"] == "Ada"
    assert made["email"] == "ada@example.com"
    assert made["createdAt"] == made["updatedAt"]
    changed = as_object((await told(shop, f"PUT /customers/{id}", {"visits": 3}))["customer"])
    assert changed == {**made, "visits": 3}
    assert as_list((await told(shop, "GET /customers/"))["customers"]) == [changed]
    assert await told(shop, f"DELETE /customers/{id}") == {"success": True}
    assert (await answered(shop, f"GET /customers/{id}")).status == 404
    assert (await answered(shop, f"PUT /customers/{id}", {"visits": 4})).status == 404
    assert (await answered(shop, f"DELETE /customers/{id}")).status == 404
    assert shop.stored("customers") == []
    assert shop.mismatches == []


async def test_times_of_a_change_follow_the_clock() -> None:
    clock = FakeClock()
    shop = Shop(clock=clock)
    id = await _customer(shop)
    await clock.advance(60)
    changed = as_object((await told(shop, f"PUT /customers/{id}", {"visits": 1}))["customer"])
    assert str(changed["createdAt"]) < str(changed["updatedAt"])


async def test_records_below_a_record_are_its_own_and_go_with_it() -> None:
    shop = Shop()
    ada, ben = await _customer(shop), await _customer(shop, name="Ben")
    note = await told(shop, f"POST /customers/{ada}/notes", {"body": "called"})
    assert note["customerId"] == ada
    assert isinstance(note["id"], int)
    assert (await answered(shop, f"GET /customers/{ada}/notes")).json() == [note]
    assert (await answered(shop, f"GET /customers/{ben}/notes")).json() == []
    assert await told(shop, f"GET /customers/{ada}/notes/{note['id']}") == note
    await told(shop, f"DELETE /customers/{ada}")
    assert shop.stored(f"customers/{ada}/notes") == []


async def test_removal_without_an_answer_has_none() -> None:
    shop = Shop()
    ada = await _customer(shop)
    note = await told(shop, f"POST /customers/{ada}/notes", {"body": "called"})
    gone = await answered(shop, f"DELETE /customers/{ada}/notes/{note['id']}")
    assert (gone.status, gone.body) == (204, b"")


async def test_list_is_told_in_pages_until_it_ends() -> None:
    shop = Shop()
    shop.seed_records({"customers": [{"id": f"c{number}", "name": f"Person {number}"} for number in range(5)]})
    read: list[object] = []
    token: str | None = ""
    while token is not None:
        page = await told(shop, f"GET /customers/?limit=2&pageToken={token or 0}")
        read += as_list(page["customers"])
        assert page["total"] == 5
        token = None if page["nextPageToken"] is None else str(page["nextPageToken"])
    assert read == shop.stored("customers")


async def test_list_without_a_size_has_the_described_one() -> None:
    shop = Shop()
    shop.seed_records({"customers": [{"id": f"c{number}", "name": "x"} for number in range(5)]})
    assert len(as_list((await told(shop, "GET /customers/"))["customers"])) == 2


async def test_list_holds_what_is_asked_for() -> None:
    shop = Shop()
    gold = await _customer(shop, grade="gold")
    await _customer(shop, grade="plain")
    found = as_list((await told(shop, "GET /customers/?grade=gold"))["customers"])
    assert [as_object(one)["id"] for one in found] == [gold]
    searched = await told(shop, "POST /customers/search", {"grade": "gold", "limit": 5})
    assert [as_object(one)["id"] for one in as_list(searched["customers"])] == [gold]


async def test_upsert_finds_by_what_identifies() -> None:
    shop = Shop()
    id = await _customer(shop, email="ada@example.com")
    again = as_object((await told(shop, "POST /customers/upsert", {"name": "Ada P.", "email": "ada@example.com"}))["customer"])
    other = as_object((await told(shop, "POST /customers/upsert", {"name": "Ben", "email": "ben@example.com"}))["customer"])
    assert again["id"] == id
    assert again["name"] == "Ada P."
    assert other["id"] != id
    assert len(shop.stored("customers")) == 2


async def test_verb_in_a_path_is_about_the_record_before_it() -> None:
    shop = Shop()
    id = await _customer(shop)
    greeted = await told(shop, f"POST /customers/{id}/greet")
    assert as_object(greeted["customer"])["id"] == id
    assert (await answered(shop, "POST /customers/nobody/greet")).status == 404


async def test_document_is_always_there_and_remembers() -> None:
    shop = Shop()
    assert await told(shop, "GET /settings") == {"language": "en", "seats": 1}
    await told(shop, "PUT /settings", {"language": "de"})
    assert (await told(shop, "GET /settings"))["language"] == "de"


async def test_file_is_one() -> None:
    answer = await answered(Shop(), "GET /report")
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.body


async def test_same_seed_makes_the_same_answers() -> None:
    first, second, other = Shop(clock=FakeClock(), seed=4), Shop(clock=FakeClock(), seed=4), Shop(clock=FakeClock(), seed=5)
    made = [await told(shop, "POST /customers/", {"name": "Ada"}) for shop in (first, second, other)]
    assert made[0] == made[1] != made[2]


# ── requests ──


@pytest.mark.parametrize(
    ("key", "body", "said"),
    [
        ("POST /customers/", {"name": "Ada", "nmae": "x"}, "nmae: there is no such field"),
        ("POST /customers/", {}, "name: it is missing"),
        ("POST /customers/", {"name": 3}, "name: 3 is not of type"),
        ("POST /customers/", {"name": "Ada", "grade": "silver"}, "grade: "),
        ("POST /customers/", None, "a body is needed"),
        ("POST /customers/", b"{", "the body is no JSON"),
        ("GET /customers/?lmit=2", None, "lmit: there is no such parameter"),
        ("GET /customers/?limit=two", None, "limit: "),
        ("GET /customers/?limit=51", None, "limit: "),
        ("GET /customers/?ids=1,two", None, "ids: "),
        ("GET /customers/", {"a": 1}, "no body is described"),
        ("GET /customers/c1/notes/one", None, "path id: "),
    ],
)
async def test_request_that_does_not_fit_is_refused(key: str, body: object, said: str) -> None:
    answer = await answered(Shop(), key, body)
    assert answer.status == 400
    assert said in str(as_object(answer.json())["message"])


async def test_request_that_fits_passes() -> None:
    assert (await answered(Shop(), "GET /customers/?ids=1,2&grade=gold&limit=5", headers={"x-trace": "abc"})).ok


async def test_headers_are_held_to_the_facts() -> None:
    shop = Shop()
    assert (await answered(shop, "GET /customers/", headers={"version": "2"})).status == 400
    assert (await answered(shop, "GET /customers/", headers={"x-trace": "a"})).status == 400
    wrong = await answered(shop, "POST /customers/", b"name=Ada", headers={"content-type": "text/plain"})
    assert "content-type" in str(as_object(wrong.json())["message"])


async def test_slash_at_the_end_counts_unless_told_otherwise() -> None:
    shop = Shop()
    assert (await answered(shop, "GET /customers")).status == 404
    assert (await answered(shop, "GET /settings/")).status == 404
    shop.strict_slashes = False
    assert (await answered(shop, "GET /customers")).ok
    assert (await answered(shop, "GET /settings/")).ok


async def test_id_may_hold_anything_that_was_encoded() -> None:
    shop = Shop()
    shop.seed_records({"customers": [{"id": "a/b c", "name": "Ada"}]})
    assert (await answered(shop, "GET /customers/a%2Fb%20c")).ok


async def test_unknown_address_is_refused_and_an_added_one_answered() -> None:
    shop = Shop()
    assert (await answered(shop, "GET /nothing")).status == 404
    assert (await answered(shop, "PATCH /settings")).status == 404
    assert await told(shop, "GET /hidden/door") == {"hidden": "door"}


async def test_scope_that_is_refused_closes_its_endpoints_only() -> None:
    shop = Shop()
    shop.scopes_refused = {"customers.read"}
    assert (await answered(shop, "GET /customers/")).status == 403
    assert (await answered(shop, "GET /settings")).ok


async def test_form_is_read_field_by_field() -> None:
    shop = Shop()
    content, body = encoded("multipart/form-data", {"file": {"filename": "a.png", "text": "x"}, "sizes": [1, 2]})
    assert (await answered(shop, "POST /pictures", body, headers={"content-type": content})).status == 201
    content, body = encoded("multipart/form-data", {"file": {"filename": "a.png", "text": "x"}, "sizes": ["big"]})
    assert (await answered(shop, "POST /pictures", body, headers={"content-type": content})).status == 400


# ── its own answers ──


async def test_answer_that_does_not_fit_is_noted() -> None:
    shop = Shop()
    assert (await answered(shop, "GET /oddity")).ok
    (mismatch,) = shop.mismatches
    assert mismatch == Mismatch(key="GET /oddity", said='count: "three" is not of type "integer"')


async def test_refusal_is_no_mismatch() -> None:
    shop = Shop()
    shop.next(status=503)
    await answered(shop, "GET /settings")
    await answered(shop, "GET /customers/nobody")
    assert shop.mismatches == []
