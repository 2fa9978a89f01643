"""Who is told figures: programs on this machine, or whoever has the token; everybody else only whether the hub is well."""

import hmac
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.applications import Starlette

from tests.integration.attacked import SCHEMES, SECRET, TOKEN, WHSEC, attacked
from tests.integration.raw_http import Answer, Headers, exchange, request
from trunkline.app import answering
from trunkline.web.monitoring import Watchers, routes

METRICS_TOKEN: Final = "for-the-watchers-only-3c9e"
FIGURES: Final[dict[str, object]] = {"events_waiting": 7}


@asynccontextmanager
async def watched(watchers: Watchers, *, well: bool = True) -> AsyncGenerator[int]:
    app = Starlette(routes=[*routes(lambda: (well, FIGURES), watchers)])
    async with answering(app, host="127.0.0.1", port=0) as port:
        yield port


async def asked(port: int, path: str, headers: Headers = (), *, host: str = "127.0.0.1:8400") -> Answer:
    return await exchange(port, request("GET", path, headers, host=host))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8400", "[::1]:8400"])
async def test_programs_on_this_machine_are_told_figures(host: str) -> None:
    async with watched(Watchers()) as port:
        told = await asked(port, "/metrics", host=host)
        assert (told.status, b"trunkline_deliveries_total" in told.body) == (200, True)
        assert (await asked(port, "/readyz", host=host)).json() == {"ok": True, **FIGURES}


@pytest.mark.parametrize(
    ("headers", "host"),
    [
        pytest.param((("x-forwarded-for", "203.0.113.9"),), "127.0.0.1", id="a proxy that says so"),
        pytest.param((("forwarded", "for=127.0.0.1"),), "127.0.0.1", id="a proxy that says so by the standard"),
        pytest.param((("via", "1.1 edge"),), "127.0.0.1", id="a gateway"),
        pytest.param((), "hub.example", id="a name that leads here"),
        pytest.param((), "127.0.0.1.evil.example", id="a name that looks like this machine"),
        pytest.param((), "", id="no name"),
        pytest.param((), "[", id="a name that is none"),
        pytest.param((("authorization", "Bearer anything"),), "hub.example", id="a token where there is none"),
        pytest.param((("authorization", "Bearer "),), "hub.example", id="an empty token"),
    ],
)
async def test_figures_are_told_on_this_machine_and_not_to_who_comes_by_a_proxy_or_a_foreign_name(headers: Headers, host: str) -> None:
    async with watched(Watchers()) as port:
        refused = await asked(port, "/metrics", headers, host=host)
        assert (refused.status, refused.headers["www-authenticate"], b"trunkline_" in refused.body) == (401, "Bearer", False)
        assert (await asked(port, "/readyz", headers, host=host)).json() == {"ok": True}


async def test_a_hub_with_a_public_address_tells_figures_by_token_alone() -> None:
    """A proxy on this machine need not say that it passes on what a stranger asks."""
    async with watched(Watchers(published=True)) as port:
        assert (await asked(port, "/metrics")).status == 401
    async with watched(Watchers(published=True, token=METRICS_TOKEN)) as port:
        wrong = [await asked(port, "/metrics", given) for given in ((), (("authorization", "Bearer x"),), (("authorization", "x"),))]
        assert {answer.status for answer in wrong} == {401}
        assert len({answer.seen for answer in wrong}) == 1
        for host in ("hub.example", "127.0.0.1"):
            told = await asked(port, "/metrics", (("authorization", f"Bearer {METRICS_TOKEN}"),), host=host)
            assert (told.status, told.headers["cache-control"]) == (200, "no-store")
            ready = await asked(port, "/readyz", (("authorization", f"Bearer {METRICS_TOKEN}"),), host=host)
            assert ready.json() == {"ok": True, **FIGURES}


@pytest.mark.parametrize("well", [True, False])
async def test_who_is_told_no_figures_still_hears_whether_the_hub_is_well(well: bool) -> None:
    async with watched(Watchers(published=True), well=well) as port:
        ready = await asked(port, "/readyz", host="hub.example")
        assert (ready.status, ready.json()) == (200 if well else 503, {"ok": well})
        alive = await asked(port, "/healthz", host="hub.example")
        assert (alive.status, alive.json()) == (200, {"ok": True})


async def test_a_wrong_token_is_compared_as_long_as_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    real = hmac.compare_digest

    def noted(one: Any, other: Any) -> bool:
        compared.append(len(one))
        return real(one, other)

    monkeypatch.setattr(hmac, "compare_digest", noted)
    async with watched(Watchers(token=METRICS_TOKEN)) as port:
        for given in (METRICS_TOKEN, f"!{METRICS_TOKEN[1:]}", f"{METRICS_TOKEN[:-1]}!", "", "\xe9"):
            await asked(port, "/metrics", (("authorization", f"Bearer {given}"),))
    assert compared == [len(METRICS_TOKEN)] * 5


async def test_figures_hold_no_secret_and_no_address(tmp_path: Path) -> None:
    """Names of connections are among them; what opens something is not."""
    async with attacked(tmp_path, metrics_token=METRICS_TOKEN) as place:
        for name in SCHEMES:
            assert (await place.deliver(name, f"figures-{name}")).status == 200
        bearer = (("authorization", f"Bearer {METRICS_TOKEN}"),)
        told = (await place.send("GET", "/metrics", bearer)).body + (await place.send("GET", "/readyz", bearer)).body
        assert b'trunkline_deliveries_total{result="stored"}' in told
        links = place.engine.directory.links()
        hidden = {METRICS_TOKEN, TOKEN, SECRET, WHSEC, str(place.home), await place.link(), await place.state()}
        hidden |= {text for link in links for text in (*link.account.credential.values(), link.connection.endpoint) if len(text) > 3}
        assert [text for text in hidden if text.encode() in told] == []
