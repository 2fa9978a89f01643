"""Known secrets do not stand in what is kept of a vendor's answer, however it put them."""

import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.masking import MASK, MOST_WORDS, mask, parts_of, unworn, words_of, worn
from trunkline.model.http import Response

SECRET = "tok/en+7&\"x'<y z"
LONG = 'k3y/"0123456789abcdef'


@pytest.mark.parametrize(
    "escaped", [SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), json.dumps(SECRET)[1:-1], html.escape(SECRET)]
)
def test_a_secret_is_masked_in_every_way_text_is_escaped(escaped: str) -> None:
    assert mask(f"you are {escaped}!", (SECRET,)) == f"you are {MASK}!"


def test_very_short_secrets_are_left_since_masking_them_riddles_the_text() -> None:
    assert mask("a b", ("a", "")) == "a b"


@given(st.integers(0, MOST_WORDS + 50), st.text(alphabet="0123456789", min_size=20, max_size=40))
def test_no_cut_leaves_a_part_of_a_secret(before: int, secret: str) -> None:
    words = words_of(f"{'x' * before} {secret} {'y' * 20}", (secret,))
    assert len(words) <= MOST_WORDS
    assert secret[:2] not in words


def test_line_ends_within_a_secret_do_not_hide_it() -> None:
    assert words_of("the key\n-----A-----\nB2C3\n-----D-----\n is bad", ("-----A-----\nB2C3\n-----D-----",)) == f"the key {MASK} is bad"


def an_answer(body: str, **headers: str) -> Response:
    return Response(status=200, headers=headers, body=body.encode())


def test_answer_that_repeats_its_credential_loses_it_and_stays_json() -> None:
    credential = worn((("authorization", f"Bearer {LONG}"),))
    response = unworn(an_answer(json.dumps({"a": LONG, "b": f"Bearer {LONG}", "c": 1})), credential, headers=False)
    assert response.json() == {"a": MASK, "b": f"Bearer {MASK}", "c": 1}
    assert unworn(an_answer(f"plain {LONG}"), credential, headers=False).body.decode() == f"plain {MASK}"


def test_headers_are_cleaned_where_somebody_sees_them() -> None:
    credential = worn((("x-key", LONG),))
    response = an_answer("{}", echo=LONG, other="kept")
    assert unworn(response, credential, headers=True).headers == {"echo": "***", "other": "kept"}
    assert unworn(response, credential, headers=False) is response


def test_answer_without_the_credential_is_left_alone() -> None:
    response = an_answer('{"name": "Ada"}')
    assert unworn(response, worn((("authorization", f"Bearer {LONG}"),)), headers=True) is response


def test_short_credentials_are_left_in_answers_since_data_may_hold_such_a_word() -> None:
    assert worn((("x-key", "Philadelphia"), ("authorization", "Basic YWRhOnB3"))) == ()


INCOMING = "https://hooks.chat.example/services/T00000001/B00000001/abcdefghijklmnopqrstuvwx?key=0123456789abcdefg"


@pytest.mark.parametrize(
    "quoted",
    [
        INCOMING,
        "/services/T00000001/B00000001/abcdefghijklmnopqrstuvwx?key=0123456789abcdefg",
        "Cannot POST /services/T00000001/B00000001/abcdefghijklmnopqrstuvwx",
        "no hook abcdefghijklmnopqrstuvwx",
        "the key 0123456789abcdefg is over",
    ],
)
def test_of_an_address_that_is_a_secret_no_part_is_shown(quoted: str) -> None:
    said = mask(quoted, sorted((INCOMING, *parts_of(INCOMING)), key=len, reverse=True))
    assert "abcdefghijklmnopqrstuvwx" not in said
    assert "0123456789abcdefg" not in said


@pytest.mark.parametrize("secret", ["sk-0123456789abcdefghij", "X-Api-Key: a/b/0123456789abcdefghij", "https://[", ""])
def test_a_secret_that_is_no_address_has_no_parts(secret: str) -> None:
    assert parts_of(secret) == ()
