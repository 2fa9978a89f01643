"""What was good once is sent again, and what never was is guessed: the public routes take the first once and tell nothing of the second."""

import asyncio
import hmac
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
import pytest_asyncio

from tests.integration.attacked import PUBLIC, SCHEMES, TOKEN, Place, attacked, until
from trunkline.admin import connections as connection_admin
from trunkline.admin import invitations
from trunkline.admin import runs as run_admin
from trunkline.admin.reach import PROBE
from trunkline.connect.registry import Registry
from trunkline.connect.sign_in import OAuth2
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.clock import SystemClock
from trunkline.model.errors import WebhookError
from trunkline.model.http import Delivery, Request
from trunkline.model.json import as_object, dumps
from trunkline.store.driver import DriverTransaction
from trunkline.store.statement import Statement, Values
from trunkline.testing.oauth import AuthorizationServer
from trunkline.testing.vendor import serving

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with attacked(tmp_path_factory.mktemp("hub")) as found:
        yield found


# ── replay ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_delivery_is_taken_once_by_every_scheme_also_after_a_restart(tmp_path: Path) -> None:
    """At once, one after the other, with other headers and another address, and by the hub that is started next."""
    now = SystemClock().now()
    made = {name: scheme.delivery(f"once-{name}", now) for name, scheme in SCHEMES.items()}

    async def deliveries(place: Place, name: str, times: int) -> list[tuple[object, object]]:
        headers, body = made[name]
        more, query = SCHEMES[name].unproven
        target = await place.hook(name)
        answers = await asyncio.gather(
            *(place.send("POST", target, headers, body) for _ in range(times)),
            place.send("POST", target + query, (*more, *headers) if query else headers, body),
        )
        told = [answer.json() for answer in answers]
        return sorted(((one.get("events"), one.get("dropped")) for one in told), key=str)

    async with attacked(tmp_path) as place:
        for name in SCHEMES:
            assert await deliveries(place, name, 3) == [(0, 1), (0, 1), (0, 1), (1, 0)], name
    async with attacked(tmp_path) as place:
        for name in SCHEMES:
            assert await deliveries(place, name, 1) == [(0, 1), (0, 1)], name


async def test_a_handshake_that_is_repeated_stores_nothing(place: Place) -> None:
    stored = len(await run_admin.events(place.desk, most=10_000))
    target = await place.hook("ringcentral")
    answers = [await place.send("POST", target, (("validation-token", "v-1"),)) for _ in range(3)]
    assert {answer.seen for answer in answers} == {(200, (("validation-token", "v-1"), ("content-length", "0")), b"")}
    for odd in ("\xe9", "x" * 600, "a\tb"):
        refused = await place.send("POST", target, (("validation-token", odd),))
        assert (refused.status, "validation-token" in refused.headers) == (400, False)
    question = dumps({"type": "url_verification", "challenge": "c-1"})
    signed = SCHEMES["slack"].sign(question, place.desk.clock.now())
    told = [await place.send("POST", await place.hook("slack"), signed, question) for _ in range(3)]
    assert {answer.body for answer in told} == {b'{"challenge":"c-1"}'}
    assert len(await run_admin.events(place.desk, most=10_000)) == stored


async def _back_from_vendor(place: Place, token: str) -> str:
    """Where the browser comes back after it went by a link and somebody allowed it."""
    gone = (await place.send("GET", f"/connect/{token}/go")).headers["location"]
    path = urlsplit(gone)
    allowed = await place.desk.client.send(Request(method="GET", url=f"{path.path}?{path.query}"), base_url=place.guild_url, write=False)
    return allowed.headers["location"].removeprefix(PUBLIC)


async def test_a_link_signs_in_once_however_often_it_was_begun(place: Place) -> None:
    token = await place.link()
    first, second = await _back_from_vendor(place, token), await _back_from_vendor(place, token)
    asked = len(place.guild.server.requests)
    assert (await place.send("GET", first)).status == 200
    late = await place.send("GET", second)
    assert (late.status, b"This link was used" in late.body) == (400, True), late
    assert len(place.guild.server.requests) == asked + 1, "its code is not spent"
    taken_back = await _back_from_vendor(place, await place.link())
    await place.link()
    assert (await place.send("GET", taken_back)).status == 400
    token = await place.link()
    both = [await _back_from_vendor(place, token) for _ in range(2)]
    answers = await asyncio.gather(*(place.send("GET", one) for one in both))
    assert sorted(answer.status for answer in answers) == [200, 400]


async def test_who_signs_in_by_a_link_to_another_account_learns_no_name_of_ours(place: Place) -> None:
    link = await connection_admin.link_to(place.desk, "guild")
    if "place" not in link.connection.options:
        assert (await place.send("GET", await _back_from_vendor(place, await place.link()))).status == 200
    told, place.guild.server.told = place.guild.server.told, {"place": "p9"}
    try:
        page = await place.send("GET", await _back_from_vendor(place, await place.link()))
    finally:
        place.guild.server.told = told
    assert (page.status, b"another account" in page.body) == (409, True)
    assert b"guild" not in page.body
    assert b"trunkline" not in page.body


async def test_looking_at_a_link_uses_no_try_up(place: Place) -> None:
    token = await place.link()
    for _ in range(invitations.MOST_TRIES + 1):
        assert (await place.send("HEAD", f"/connect/{token}/go")).status == 405
        assert (await place.send("GET", f"/connect/{token}")).status == 200
    assert (await place.send("GET", f"/connect/{token}/go")).status == 303


async def test_a_form_that_is_sent_twice_at_once_is_taken_once(place: Place) -> None:
    """Both are tried before either is kept; the link is good for one of them."""
    vendor = FakeOpenPhone()
    vendor.seed()
    async with serving(vendor) as base_url:
        await place.add("openphone", "twice", base_url=base_url, token="old")
        token = await place.link("twice")
        form = urlencode({"token": vendor.token}).encode()
        answers = await asyncio.gather(*(place.send("POST", f"/connect/{token}", (), form) for _ in range(5)))
        assert sorted(answer.status for answer in answers) == [200, 404, 404, 404, 404]
        link = await place.link("twice")
        called = len(vendor.calls)
        vendor.next("*", delay_s=0.3)
        slow = asyncio.create_task(place.send("POST", f"/connect/{link}", (), form))
        await until(lambda: len(vendor.calls) > called)
        await place.link("twice")
        assert (await slow).status == 404, "taken back while it was tried"


async def test_a_secret_that_is_wrong_does_no_harm_to_the_one_that_works(place: Place) -> None:
    """What a link-holder enters is tried with tokens of its own, not with those that the connection lives on."""
    vendor = FakeHTTP()
    vendor.seed()
    server = vendor.sign_in = AuthorizationServer(OAuth2(token_url="/oauth/token", grants=("client_credentials",)))
    async with serving(vendor) as base_url:
        app = {"client_id": server.client_id, "client_secret": server.client_secret}
        options = {"token_url": "/oauth/token"}
        new = connection_admin.NewConnection(connector="http", name="shop", base_url=base_url, options=options, secrets=app)
        await connection_admin.add(place.desk, new)

        async def works() -> bool:
            link = await connection_admin.link_to(place.desk, "shop")
            told = as_object(await link.call(place.desk.registry.operation("http.fetch"), {"url": "/things/1"}))
            return told["status"] == 200 and link.connection.state == "ok"

        assert await works()
        token = await place.link("shop")
        assert re.findall(rb'<input id="(\w+)"', (await place.send("GET", f"/connect/{token}")).body) == [b"client_secret"]
        assert (await place.send("POST", f"/connect/{token}", (), b"client_secret=wrong")).status == 400
        server.expire()
        assert await works()
        form = urlencode({"client_secret": server.client_secret}).encode()
        assert (await place.send("POST", f"/connect/{token}", (), form)).status == 200
        assert await works()


# ── timing ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _spoilt(value: str) -> list[str]:
    """Proofs of the same length that are wrong at their beginning and at their end, and shorter and longer ones."""
    begin = value.find("=") + 1 if value.startswith(("v0=", "sha256=")) else value.rfind(",") + 1 or value.rfind(";") + 1
    head, tail = value[:begin], value[begin:]

    def other(sign: str) -> str:
        return "0" if sign != "0" else "1"

    return [
        head + other(tail[0]) + tail[1:],
        head + tail[:-5] + other(tail[-5]) + tail[-4:],
        head + tail[: len(tail) // 8 * 4],
        value + "AAAA",
    ]


@pytest.mark.parametrize("name", [name for name in SCHEMES if name != "ghl"])  # which is proven by a public key: nothing to guess
async def test_a_wrong_proof_is_compared_as_long_as_a_right_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scheme, now = SCHEMES[name], SystemClock().now()
    headers, body = scheme.delivery("x", now)
    compared: list[int] = []
    refused: list[str] = []
    real = hmac.compare_digest

    def noted(one: Any, other: Any) -> bool:
        compared.append(len(one))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    webhook = Registry.discover().connector(scheme.connector).webhook
    assert webhook is not None

    def verified(proof: str) -> list[int]:
        compared.clear()
        given = {**dict(headers), scheme.proof: proof}
        try:
            webhook.verify(Delivery(headers=given, body=body, query={}, received_at=now), scheme.account)
        except WebhookError as error:
            refused.append(error.reason)
        return compared[:]

    good = dict(headers)[scheme.proof]
    expected = verified(good)
    assert expected, "what is secret is compared in constant time"
    for wrong in _spoilt(good):
        assert len(verified(wrong)) >= len(expected), wrong
    assert refused == ["mismatch"] * len(_spoilt(good))


async def test_what_a_stranger_guesses_is_looked_up_by_its_digest_alone(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row is found or not; nothing that could be guessed letter by letter is compared, and the text itself reaches no query."""
    token, state = await place.link(), await place.state()
    asked: list[tuple[str, str]] = []
    for kind in ("one", "all", "run"):
        real = getattr(DriverTransaction, kind)

        def noted(self: DriverTransaction, statement: Statement, values: Values, real: Any = real) -> object:
            asked.append((statement.about, repr(values)))
            return real(self, statement, values)

        monkeypatch.setattr(DriverTransaction, kind, noted)

    async def done(target: str, guess: str) -> list[str]:
        asked.clear()
        await place.send("GET", target)
        assert not [values for _, values in asked if guess in values]
        return [about for about, _ in asked if "invitation" in about or "sign-in" in about]

    for near in (f"{token[:-1]}!", f"!{token[1:]}", "x" * 43):
        assert await done(f"/connect/{near}", near) == ["an invitation"]
        assert await done(f"/connect/{near}/go", near) == ["an invitation"]
    for near in (f"{state[:-1]}!", f"!{state[1:]}", "x" * 43):
        assert await done(f"/oauth/callback?code=c&state={quote(near)}", near) == ["a sign-in", "a sign-in"]
    assert "an invitation" in await done(f"/connect/{token}", token)


# ── enumeration ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_address_that_is_gone_answers_like_one_that_never_was(place: Place) -> None:
    await place.add("http", "gone", webhook_token=TOKEN)
    await place.add("http", "moved", webhook_token=TOKEN)
    gone, moved = await place.hook("gone"), await place.hook("moved")
    assert (await place.send("POST", gone, (("x-webhook-token", TOKEN),), b"{}")).status == 200
    await connection_admin.remove(place.desk, "gone")
    one = await connection_admin.move(place.desk, "moved")
    await place.engine.directory.refresh()
    targets = (gone, moved, "/hooks/moved", f"/hooks/{one.id}", f"/hooks/{one.name}", f"/hooks/{'a' * 32}")
    answers = [await place.send("POST", target, (("x-webhook-token", given),), b"{}") for target in targets for given in (TOKEN, "x")]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.seen for answer in answers}) == 1
    probes = [await place.send("GET", target, ((PROBE, "1"),)) for target in targets]
    assert len({answer.seen for answer in probes}) == 1


async def test_whether_a_sub_account_is_known_is_told_to_nobody_who_cannot_sign(place: Place) -> None:
    """At an app's address deliveries are sorted before they are proven."""
    options = {**SCHEMES["ghl"].options, "location": "SECOND"}
    new = connection_admin.NewConnection(connector="ghl", name="second", base_url=None, options=options, secrets={"token": "pit-y"})
    await connection_admin.add(place.desk, new)
    await place.engine.directory.refresh()
    for headers in ((), (("x-ghl-signature", "AAAA"),), (("x-wh-signature", "AAAA"),)):
        told = [
            await place.send("POST", await place.hook("ghl"), headers, dumps({"type": "ContactCreate", "locationId": location}))
            for location in ("LOC", "SECOND", "NOWHERE")
        ]
        assert {answer.status for answer in told} == {401}
        assert len({answer.seen for answer in told}) == 1


async def test_a_link_that_is_dead_answers_like_one_that_never_was(place: Place) -> None:
    await place.add("http", "short-lived", webhook_token=TOKEN)
    superseded = await place.link("short-lived")
    removed = await place.link("short-lived")
    expired = await place.link("sink", lasts_s=0)
    await connection_admin.remove(place.desk, "short-lived")
    live = await place.link()
    tokens = (superseded, removed, expired, live[:-1], live.swapcase(), "x", "guild", "%00", "%2e%2e")
    for method, tail in (("GET", ""), ("GET", "/go"), ("POST", "")):
        answers = [await place.send(method, f"/connect/{token}{tail}", (), b"token=x" if method == "POST" else b"") for token in tokens]
        assert {answer.status for answer in answers} == {404}
        assert len({answer.seen for answer in answers}) == 1


async def test_a_state_that_nobody_made_answers_like_any_other(place: Place) -> None:
    state = await place.state()
    guesses = (state[:-1] + "_", state.swapcase(), "x", "%00", quote("é" * 9), "s" * 4_000)
    answers = [await place.send("GET", f"/oauth/callback?state={guess}&code=c") for guess in guesses]
    assert {answer.status for answer in answers} == {400}
    assert len({answer.seen for answer in answers}) == 1
