"""Every public route, and how it is defended: a route that is not in the table below fails, and so does a defence that no test shows.

The four attacks: **ssrf** (a stranger decides where the hub connects to), **replay** (what was good once is sent again), **timing** (how
long an answer takes tells how near a guess is) and **enumeration** (answers tell what there is).
"""

import ast
import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tests.integration.attacked import PUBLIC, SCHEMES, SECRET, TOKEN, WHSEC, Place, attacked, until
from tests.integration.raw_http import Answer, Headers, exchange
from trunkline.admin import connections as connection_admin
from trunkline.admin import runs as run_admin
from trunkline.admin.reach import PROBE
from trunkline.model.event import FINAL
from trunkline.model.json import as_object, dumps

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOT: Final = Path(__file__).parents[2]


# ── the table ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    """How a route stands up to each attack: `file::test` shows it, other words say why there is nothing to attack."""

    ssrf: tuple[str, ...]
    replay: tuple[str, ...]
    timing: tuple[str, ...]
    enumeration: tuple[str, ...]


_HERE: Final = "tests/integration/test_public_routes.py::"
_AGAIN: Final = "tests/integration/test_public_guesses.py::"
_HOOKS: Final = "tests/integration/test_hooks.py::"
_NOWHERE: Final = (f"{_HERE}test_nothing_a_stranger_sends_decides_where_the_hub_connects_to",)
_QUIET: Final = f"{_HERE}test_no_answer_tells_more_than_it_must"
_LINKS: Final = "tests/integration/test_invitations.py::"
_SIGN_IN: Final = "tests/integration/test_sign_in.py::"
_FIGURES: Final = "tests/integration/test_monitoring.py::"
_READ_ONLY: Final = ("it changes nothing, however often it is asked",)
_LINK_TIMING: Final = (f"{_AGAIN}test_what_a_stranger_guesses_is_looked_up_by_its_digest_alone",)
_LINK_NAMES: Final = (
    _QUIET,
    f"{_AGAIN}test_a_link_that_is_dead_answers_like_one_that_never_was",
    f"{_LINKS}test_every_wrong_link_gets_the_same_answer_and_none_is_stored_as_it_is",
)

DEFENCES: Final[Mapping[str, Defence]] = {
    "POST /hooks/{endpoint}": Defence(
        ssrf=(*_NOWHERE, "tests/integration/test_client.py::test_absolute_address_is_checked_and_the_connections_own_is_not"),
        replay=(
            f"{_AGAIN}test_a_delivery_is_taken_once_by_every_scheme_also_after_a_restart",
            f"{_AGAIN}test_a_handshake_that_is_repeated_stores_nothing",
            f"{_HOOKS}test_signed_delivery_is_taken_once_and_its_replay_dropped",
            f"{_HOOKS}test_delivery_signed_long_ago_or_in_the_future_is_stale",
            f"{_HOOKS}test_a_hundred_parallel_copies_make_one_event_and_one_effect",
        ),
        timing=(
            f"{_AGAIN}test_a_wrong_proof_is_compared_as_long_as_a_right_one",
            "an address is looked up in a dictionary keyed by a seeded hash, so it is never compared letter by letter",
        ),
        enumeration=(
            _QUIET,
            f"{_HOOKS}test_addresses_that_do_not_exist_all_get_the_same_answer",
            f"{_AGAIN}test_an_address_that_is_gone_answers_like_one_that_never_was",
            f"{_AGAIN}test_whether_a_sub_account_is_known_is_told_to_nobody_who_cannot_sign",
            "tests/integration/test_handshakes.py::test_address_that_does_not_exist_answers_a_handshake_like_anything_else",
        ),
    ),
    "GET /hooks/{endpoint}": Defence(
        ssrf=(*_NOWHERE, "tests/integration/test_doctor.py::test_a_delivery_is_tried_at_the_public_address"),
        replay=_READ_ONLY,
        timing=("as for deliveries, the address is looked up in a dictionary",),
        enumeration=(_QUIET, "tests/integration/test_doctor.py::test_a_probe_tells_nothing_to_who_does_not_know_the_address"),
    ),
    "GET /healthz": Defence(
        ssrf=_NOWHERE,
        replay=_READ_ONLY,
        timing=("there is no secret to compare",),
        enumeration=(_QUIET, f"{_FIGURES}test_who_is_told_no_figures_still_hears_whether_the_hub_is_well"),
    ),
    "GET /readyz": Defence(
        ssrf=_NOWHERE,
        replay=_READ_ONLY,
        timing=(f"{_FIGURES}test_a_wrong_token_is_compared_as_long_as_the_right_one",),
        enumeration=(_QUIET, f"{_FIGURES}test_who_is_told_no_figures_still_hears_whether_the_hub_is_well"),
    ),
    "GET /metrics": Defence(
        ssrf=_NOWHERE,
        replay=_READ_ONLY,
        timing=(f"{_FIGURES}test_a_wrong_token_is_compared_as_long_as_the_right_one",),
        enumeration=(
            _QUIET,
            f"{_FIGURES}test_figures_are_told_on_this_machine_and_not_to_who_comes_by_a_proxy_or_a_foreign_name",
            f"{_FIGURES}test_figures_hold_no_secret_and_no_address",
        ),
    ),
    "GET /oauth/callback": Defence(
        ssrf=_NOWHERE,
        replay=(
            f"{_SIGN_IN}test_answer_is_taken_once",
            f"{_SIGN_IN}test_code_stolen_on_its_way_is_worth_nothing_without_the_verifier",
            f"{_SIGN_IN}test_sign_in_that_took_too_long_is_refused",
            f"{_SIGN_IN}test_looking_at_the_head_uses_nothing_up",
            f"{_AGAIN}test_a_link_signs_in_once_however_often_it_was_begun",
        ),
        timing=_LINK_TIMING,
        enumeration=(
            _QUIET,
            f"{_SIGN_IN}test_state_of_somebody_else_is_refused",
            f"{_SIGN_IN}test_wrong_account_is_not_put_in_place_of_the_right_one",
            f"{_AGAIN}test_a_state_that_nobody_made_answers_like_any_other",
        ),
    ),
    "GET /connect/{token}": Defence(ssrf=_NOWHERE, replay=_READ_ONLY, timing=_LINK_TIMING, enumeration=_LINK_NAMES),
    "GET /connect/{token}/go": Defence(
        ssrf=(*_NOWHERE, f"{_HERE}test_the_address_of_a_request_is_in_no_link_that_the_hub_makes"),
        replay=(
            f"{_AGAIN}test_a_link_signs_in_once_however_often_it_was_begun",
            f"{_LINKS}test_the_owner_signs_in_at_the_vendor_and_the_link_is_over",
            f"{_AGAIN}test_looking_at_a_link_uses_no_try_up",
        ),
        timing=_LINK_TIMING,
        enumeration=_LINK_NAMES,
    ),
    "POST /connect/{token}": Defence(
        ssrf=(*_NOWHERE, f"{_HERE}test_an_address_that_is_entered_leads_into_no_private_network"),
        replay=(
            f"{_AGAIN}test_a_form_that_is_sent_twice_at_once_is_taken_once",
            f"{_LINKS}test_the_owner_enters_a_key_that_is_tried_before_it_is_kept",
        ),
        timing=_LINK_TIMING,
        enumeration=(*_LINK_NAMES, f"{_LINKS}test_a_link_cannot_be_used_to_guess_for_ever"),
    ),
}
"""HEAD goes where GET goes; besides, deliveries, pages and figures pass `test_no_answer_tells_more_than_it_must`."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with attacked(tmp_path_factory.mktemp("hub")) as found:
        yield found


async def test_every_route_of_the_running_program_is_in_the_table(place: Place) -> None:
    assert {route for route in place.page.routes() if not route.startswith("HEAD ")} == set(DEFENCES)


@cache
def _tests_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


async def test_every_defence_is_shown_by_a_test_that_exists() -> None:
    for route, defence in DEFENCES.items():
        for attack in fields(defence):
            said: tuple[str, ...] = getattr(defence, attack.name)
            assert said, (route, attack.name)
            for one in said:
                path, marked, name = one.partition("::")
                assert name in _tests_in(path) if marked else " " in one, (route, attack.name, one)


# ── all routes ───────────────────────────────────────────────────────────────────────────────────────────────────────

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
SPLIT: Final = "%0d%0aset-cookie:%20a=b%0d%0a%0d%0a<script>"
TAILS: Final = (
    "",
    f"?state={SPLIT}&code={SPLIT}&error={SPLIT}&error_description={SPLIT}&{SPLIT}",
    f"/{SPLIT}",
    "/",
    "/..",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//evil.example/",
    "%00",
    "%ff%fe",
    "%E2%80%AE",
    "?" + "a=1&" * 5_000,
    "?state=" + "s" * 20_000,
    "?\xff=\xff",
)
HEADERS: Final[Headers] = (
    ("trunkline-probe", "1"),
    ("origin", "https://evil.example"),
    ("cookie", "session=1"),
    ("x-forwarded-host", "evil.example"),
    ("x-original-url", "/metrics"),
    ("x-http-method-override", "POST"),
    ("authorization", "Basic AAAA"),
    ("range", "bytes=0-1"),
    ("upgrade", "websocket"),
    ("connection", "upgrade"),
    ("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ("sec-websocket-version", "13"),
)
_TELLING: Final = re.compile(rb"(?i)uvicorn|starlette|python|traceback|/site-packages|\.py\b|sqlite")
_UNASKED: Final = frozenset(("server", "date", "x-powered-by", "set-cookie", "access-control-allow-origin", "via"))
_STATUSES: Final = frozenset((200, 204, 303, 400, 401, 404, 405, 409, 413, 415, 431, 503))


def _faults(place: Place, answer: Answer, hidden: tuple[bytes, ...]) -> list[str]:
    """What an answer to a stranger must not be."""
    text = b"\n".join((*(f"{name}: {value}".encode("latin-1") for name, value in answer.headers.items()), answer.body))
    where = answer.headers.get("location", "")
    found = {
        f"status {answer.status}": answer.status not in _STATUSES,
        "a header nobody asked for": bool(_UNASKED & answer.headers.keys()),
        "tells of the program": _TELLING.search(text) is not None,
        "tells a path": str(place.home).encode() in text,
        "tells a name or a secret": any(one in text for one in hidden),
        "takes HTML over": b"<script>" in answer.body,
        "leads elsewhere": bool(where) and not where.startswith(f"{place.guild_url}/authorize?"),
    }
    return [fault for fault, holds in found.items() if holds]


async def test_no_answer_tells_more_than_it_must(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever is asked in whatever way: nothing breaks, and no answer tells of the program, of names, or leads away."""
    names = [name.encode() for name in ("sink", "buggy", *SCHEMES) if name not in ("token", "standard")]
    hidden = (*names, TOKEN.encode(), SECRET.encode(), WHSEC.encode(), place.guild.server.client_secret.encode())
    faults: set[tuple[str, str, str]] = set()
    with capture_logs() as logged, caplog.at_level(logging.WARNING, logger="uvicorn.error"):
        for target in dict.fromkeys((await place.targets()).values()):
            for method in METHODS:
                for tail in TAILS:
                    answer = await place.send(method, target + tail, HEADERS, b"{}" if method == "POST" else b"", host="evil.example")
                    faults |= {(method, f"{target[:12]}…{tail[:40]}", fault) for fault in _faults(place, answer, hidden)}
    assert faults == set()
    assert [line for line in logged if "exc_info" in line] == []
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "host", ["", "[", "[::1", "a b", "evil.example/hooks/x?", "evil.example:notaport", "\xff", "127.0.0.1:1@evil.example"]
)
async def test_a_host_that_is_none_breaks_nothing(place: Place, host: str) -> None:
    with capture_logs() as logged:
        for target in (await place.targets()).values():
            answer = await place.send("GET", target, ((PROBE, "1"),), host=host)
            assert answer.status in _STATUSES, (target, answer)
    assert [line for line in logged if "exc_info" in line] == []


async def test_pages_cannot_be_framed_kept_or_made_to_run_anything(place: Place) -> None:
    pages = [f"/connect/{await place.link()}", "/connect/x", "/oauth/callback", f"/oauth/callback?state={await place.state()}&error=x"]
    for page in pages:
        answer = await place.send("GET", page)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "'unsafe" not in policy
        assert {name: answer.headers[name] for name in ("cache-control", "referrer-policy", "x-frame-options", "x-robots-tag")} == {
            "cache-control": "no-store",
            "referrer-policy": "no-referrer",
            "x-frame-options": "DENY",
            "x-robots-tag": "noindex, nofollow",
        }
        assert re.findall(rb'(?:src|href|action)="(?!/connect/)', answer.body) == [], "nothing is loaded, and nothing leads elsewhere"


# ── SSRF ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_a_stranger_sends_decides_where_the_hub_connects_to(place: Place) -> None:
    """Loopback is allowed here, so whatever the hub were told to call would reach the canary."""
    canary, called = f"http://{place.canary.at}/x", place.guild.calls[:]
    names = ("url", "redirect_uri", "token_url", "iss", "base_url", "callback", "response_url", "webhook_url", "server", "state", "code")
    query = urlencode(dict.fromkeys(names, canary))
    headers = tuple(
        (name, canary)
        for name in (
            "x-forwarded-host",
            "x-forwarded-for",
            "forwarded",
            "origin",
            "referer",
            "x-original-url",
            "destination",
            "x-callback-url",
        )
    )
    form = ("content-type", "application/x-www-form-urlencoded")
    for route, target in (await place.targets()).items():
        method = route.split(" ")[0]
        for authority in (place.canary.at, "hub.example"):
            await place.send(
                method, f"{target}?{query}", (*headers, form), urlencode({"token": canary, "x": canary}).encode(), host=authority
            )
            await place.send(method, f"http://{place.canary.at}{target}", headers, host=authority)
    await exchange(place.port, f"CONNECT {place.canary.at} HTTP/1.1\r\nhost: {place.canary.at}\r\n\r\n".encode(), half_close=True)
    await place.send("GET", f"/oauth/callback?state={await place.state()}&{urlencode({name: canary for name in names if name != 'state'})}")
    told = [call for call in place.guild.calls if call not in called]
    assert [call.path for call in told] == ["/oauth/token"], "the code went where its connection's vendor is"
    before = len(place.sink.calls)
    for name, scheme in SCHEMES.items():
        now = place.desk.clock.now()
        body = dumps({**scheme.body(f"ssrf-{name}", now), **dict.fromkeys(("url", "callback", "response_url", "uri"), canary)})
        answer = await place.send("POST", await place.hook(name), (*headers, *scheme.sign(body, now)), body, host=place.canary.at)
        assert answer.json()["events"] == 1, (name, answer)
    await until(lambda: len(place.sink.calls) >= before + len(SCHEMES))
    async with asyncio.timeout(20):
        while True:
            states = {run.state for run in await run_admin.listed(place.desk)}
            if states <= FINAL:
                break
            await asyncio.sleep(0.02)
    assert states == {"done"}
    assert place.canary.calls == 0
    _, writer = await asyncio.open_connection(*place.canary.at.split(":"))
    writer.close()
    await until(lambda: place.canary.calls > 0)
    place.canary.calls = 0  # it does hear


async def test_an_address_that_is_entered_leads_into_no_private_network(place: Place) -> None:
    """A secret that is an address is the one thing by which somebody with a link says where to call: the public internet, or nowhere."""
    await place.add("seventeenhats", "hats", calendar_url="https://93.184.215.14/feed.ics")
    before = (await connection_admin.link_to(place.desk, "hats")).account.credential["calendar_url"]
    link = await place.link("hats")
    for given in (
        f"http://{place.canary.at}/feed.ics",
        f"webcal://{place.canary.at}/feed.ics",
        "https://169.254.169.254/latest",
        "http://[::1]/",
    ):
        answer = await place.send("POST", f"/connect/{link}", (), urlencode({"calendar_url": given}).encode())
        assert (answer.status, b"public" in answer.body) == (400, True), answer
    assert place.canary.calls == 0
    assert (await connection_admin.link_to(place.desk, "hats")).account.credential["calendar_url"] == before


async def test_the_address_of_a_request_is_in_no_link_that_the_hub_makes(place: Place) -> None:
    token = await place.link()
    for headers in ((), (("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http"), ("forwarded", "host=evil.example"))):
        page = await place.send("GET", f"/connect/{token}", headers, host="evil.example")
        assert b"evil.example" not in page.body
        gone = await place.send("GET", f"/connect/{token}/go", headers, host="evil.example")
        asked = parse_qs(urlsplit(gone.headers["location"]).query)
        assert asked["redirect_uri"] == [f"{PUBLIC}/oauth/callback"]
        assert "evil.example" not in gone.headers["location"]
        assert token not in gone.headers["location"]
        assert gone.headers["referrer-policy"] == "no-referrer"


# ── what nobody foresaw ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_bug_that_a_delivery_finds_is_an_answer_and_no_connection_that_hangs(place: Place) -> None:
    with capture_logs() as logged:
        answer = await place.send("POST", await place.hook("buggy"), (), dumps({"said": "by-a-stranger"}))
    assert (answer.status, answer.json()["error"]) == (503, "busy")
    assert any(line["event"] == "a delivery failed in a way nobody foresaw" for line in logged)
    assert "by-a-stranger" not in str(logged)


async def test_a_form_that_breaks_off_is_no_error_of_the_hub(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    head = f"POST /connect/{await place.link()} HTTP/1.1\r\nhost: hub\r\ncontent-length: 100\r\n\r\ntoken=".encode()
    with caplog.at_level(logging.WARNING, logger="uvicorn.error"):
        assert (await exchange(place.port, head, half_close=True)).status in (0, 400)
        assert (await place.send("GET", "/healthz")).status == 200
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


async def test_what_is_too_large_is_refused_and_told_so(place: Place) -> None:
    token = await place.link("openphone")
    assert (await place.send("POST", f"/connect/{token}", (), b"token=" + b"x" * 100_000)).status == 413
    assert (await place.send("GET", "/oauth/callback?state=" + "s" * 70_000)).status in (0, 400, 431)
    assert as_object((await place.send("GET", "/healthz")).json()) == {"ok": True}
