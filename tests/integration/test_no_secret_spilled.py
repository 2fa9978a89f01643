"""Known secrets go through every path there is; then all that was written is searched for them, in whatever way text may be put."""

import asyncio
import html
import shutil
import signal
import sqlite3
import time
import traceback
from asyncio.subprocess import Process
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest

from tests.integration.attacked import until
from tests.integration.forking import carried_out
from tests.integration.shell import Said, Shell
from tests.integration.spilled import Known, Parrot, Search, secret
from trunkline.admin import calls, invitations, runs
from trunkline.admin.connections import NewConnection
from trunkline.admin.invitations import Invited
from trunkline.admin.sign_in import Begun, Brought
from trunkline.app import opened_desk
from trunkline.connect.addresses import Addresses
from trunkline.connect.client import Client
from trunkline.engine.alerts import Alerts
from trunkline.engine.directory import Directory
from trunkline.flows.compile import compile_text
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Connection
from trunkline.model.errors import TrunklineError
from trunkline.model.http import Delivery, Pairs, Request, Response
from trunkline.model.ids import DEFAULT_WORKSPACE, ConnectionId, EndpointId
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads
from trunkline.settings import Settings
from trunkline.store.payload import pack
from trunkline.testing import signing
from trunkline.testing.vendor import serving

BEARER: Final = secret("bearer", "tok/", "+a=1&b\"c'<d")
TYPED: Final = secret("typed on the command line", "sk-")
LATER: Final = secret("given later", "sk-")
KEYED: Final = secret("header line", after="==")
QUERY: Final = secret("query", after="/+")
PASSWORD: Final = secret("password", 'pass "word ')
PIT: Final = secret("private token", "pit-")
API_KEY: Final = secret("api key")
MAIL: Final = secret("mail password", 'mö"')
HOOK: Final = secret("hook token")
KEY: Final = secret("signing")
SIGNING: Final = Known(name="signing key", text=f"whsec_{b64encode(KEY.text[:27].encode()).decode()}")
APP: Final = secret("client secret", "cs~")
ACCESS: Final = secret("access token", "at.")
REFRESH: Final = secret("refresh token", "rt/")
CODE: Final = secret("code", "co/")
INCOMING: Final = secret("incoming webhook", "/services/T00000001/B00000001/")
ENTERED: Final = secret("entered by a link", "sk-")
PAYLOAD: Final = "what-a-person-sent"
"""Stands in an event; that it is found shows that the search reads what is packed."""

FLOWS: Final = {
    "fine": "url: /things, json: {name: '{{ trigger.body.name }}'}",
    "refused": "url: /refuse/20, json: {}",
    "broken": "url: /broken, json: {}",
    "paused": "url: /expired, json: {}",
}
PATHS: Final = ("/things", *(f"/refuse/{letters}" for letters in range(190, 290, 16)), "/broken", "/expired", "/html")

Line = tuple[tuple[str, ...], str]
"""A command line and what it is given on its standard input."""


class Story:
    """Commands on one data folder, and everything they said."""

    def __init__(self, shell: Shell, files: Path, base_url: str) -> None:
        self.shell = shell
        self.base_url = base_url
        self.said: list[tuple[str, str]] = []
        self._files = files

    def at(self, known: Known) -> str:
        """A secret in a file, as `@FILE`."""
        path = self._files / known.core
        path.write_text(f"{known.text}\n")
        return f"@{path}"

    async def lines(self, *lines: Line, **more: str) -> list[Said]:
        """Carry out command lines one after the other."""
        told: list[Said] = []
        for words, stdin in lines:
            code, out, err = await carried_out(words, stdin.encode(), self.shell.environment(**more))
            told.append(Said(code=code, out=out.decode(), err=err.decode()))
            self.said.append((" ".join(words[:3]), f"{told[-1].out}\n{told[-1].err}"))
        return told

    async def done(self, *lines: Line) -> list[Said]:
        """The same, and none may fail."""
        told = await self.lines(*lines)
        assert [said for said in told if said.code != 0] == []
        return told

    def add(self, connector: str, name: str, *words: str, stdin: str = "", own: bool = True) -> Line:
        where = ("--base-url", self.base_url) if own else ()
        return ("connections", "add", connector, "--name", name, *where, *words), stdin

    async def tried(self, *names: str) -> None:
        """Every way a vendor may answer, read and written: what comes back, and all that an error could ever show."""
        async with opened_desk(Settings(home=self.shell.home, environment=self.shell.environment())) as desk:
            for name in names:
                for path in PATHS:
                    for operation in ("http.fetch", "http.request"):
                        try:
                            told = dumps(await calls.call(desk, operation, connection=name, input={"url": path})).decode()
                        except TrunklineError as error:
                            told = "\n".join((*traceback.format_exception(error), error.hint, repr(error), repr(vars(error))))
                        self.said.append((f"{operation} {path} by {name}", told))


async def connected(story: Story) -> None:
    """By file, by standard input, in full on the command line, and changed afterwards."""
    mail = ("--option", "host=127.0.0.1", "--option", "port=9", "--option", "security=none", "--option", "from=a@b.example")
    signed = ("--option", "webhook_auth=standard", "--secret", f"webhook_secret={story.at(SIGNING)}")
    shop = ("--option", "token_url=/oauth/token", "--option", "authorize_url=/oauth/authorize", "--option", "client_auth=body")
    told = await story.done(
        story.add("http", "bearer", "--token", story.at(BEARER)),
        story.add("http", "typed", "--token", TYPED.text),
        story.add("http", "keyed", "--secret", "header=-", stdin=f"X-Own-Key: {KEYED.text}"),
        story.add("http", "query", "--secret", "query=-", stdin=f"api={QUERY.text}"),
        story.add("http", "basic", "--secret", "username=ada", "--secret", f"password={story.at(PASSWORD)}"),
        story.add("ghl", "main", "--location", "LOC", "--token", story.at(PIT)),
        story.add("openphone", "desk", "--token", story.at(API_KEY), "--secret", f"webhook_key={story.at(SIGNING)}"),
        story.add("openphone", "line", "--token", story.at(API_KEY)),
        story.add("email", "mail", *mail, "--secret", "username=ada", "--secret", f"password={story.at(MAIL)}", own=False),
        story.add("http", "hook", "--secret", f"webhook_token={story.at(HOOK)}"),
        story.add("webhook", "signed", *signed, own=False),
        story.add("http", "shop", *shop, "--secret", "client_id=the-app", "--secret", f"client_secret={story.at(APP)}"),
        story.add("slack", "team", "--secret", f"webhook_url={story.at(INCOMING)}"),
        (("connections", "update", "typed", "--token", "-"), LATER.text),
    )
    assert [name for name, said in zip(("bearer", "typed", "keyed"), told[:3], strict=True) if "typed in full" in said.err] == ["typed"]


async def mistaken(story: Story) -> None:
    """Wrong command lines, which are told without what may be a secret."""
    new = ("connections", "add", "http", "--name", "x")
    wrong = [
        (*new, "--secret", TYPED.text),
        (*new, "--secret", f"={TYPED.text}"),
        (*new, "--secret", f"nosuch={TYPED.text}"),
        (*new, "--secret", f"header={TYPED.text}"),
        ("connections", "update", "typed", "--secret", f"nosuch={TYPED.text}"),
        ("connections", "authorize", "shop", "--answer", f"https://hub.example/?code={TYPED.text}"),
    ]
    assert [said.code for said in await story.lines(*((words, "") for words in wrong))] == [2] * len(wrong)


async def signed_in(story: Story, vendor: Parrot) -> None:
    """A person signs in; later the vendor renews no more and says with what it was asked."""
    (begun,) = await story.done((("connections", "authorize", "shop", "--no-wait", "--json"), ""))
    state = str(begun.json["address"]).split("state=")[1].split("&")[0]
    back = f"{begun.json['redirect_uri']}?code={CODE.text}&state={state}"
    answered = await story.lines((("connections", "authorize", "shop", "--answer", "-"), back))
    assert "Signed in: shop" in answered[0].out, answered
    await story.tried("shop")
    vendor.renews = False
    await story.tried("shop")
    await story.lines((("connections", "test", "shop"), ""), (("connections", "show", "shop"), ""))


async def alerted(story: Story, vendor: Parrot) -> None:
    """An alert goes out by an incoming webhook that lives, and another by one that does not and says so."""
    ways = ("alerts", "send", "team"), ("alerts", "send", "mail", "--to", "ops@firm.example"), ("alerts", "routes", "--json")
    assert [said.code for said in await story.lines(*((words, "") for words in ways))] == [0, 1, 0], "nobody takes mail here"
    async with opened_desk(Settings(home=story.shell.home, environment=story.shell.environment())) as desk:
        for vendor.takes_messages in (True, False):
            try:
                told = dumps(await calls.call(desk, "slack.messages.send", connection="team", input={"text": "Hello"})).decode()
            except TrunklineError as error:
                told = "\n".join((*traceback.format_exception(error), error.hint, repr(error), repr(vars(error))))
            story.said.append(("slack.messages.send", told))
        directory = Directory(desk.database, desk.clock, compile=compile_text, link=desk.link)
        await directory.refresh()
        await Alerts(desk.database, directory, desk.clock).look()
        heard = len(vendor.heard)
        await until(lambda: any(INCOMING.text in one for one in vendor.heard[heard:]))


async def linked(story: Story, vendor: Parrot, greeting: JSONObject) -> Known:
    """Somebody is sent a link, enters what does not work, then what does; the link's own secret."""
    async with opened_desk(Settings(home=story.shell.home)) as desk:
        link = Known(name="link", text=(await invitations.invite(desk, "line")).token)
    form = (("content-type", "application/x-www-form-urlencoded"), ("referer", f"https://hub.example/connect/{link.text}"))
    place = f"/connect/{link.text}"
    endpoint = str(as_object(greeting["webhooks"])["hook"]).rpartition("/hooks/")[2]
    statuses: list[int] = []
    async with Client(addresses=Addresses(allow=("127.0.0.1",))) as client:
        for vendor.refuses, method, path in (
            (None, "GET", place),
            (None, "GET", f"{place}/go"),
            (ENTERED, "POST", place),
            (None, "POST", f"/hooks/{endpoint}"),
            (None, "POST", f"/hooks/{link.text}"),
            (None, "POST", place),
            (None, "POST", place),
        ):
            body = None if method == "GET" else f"token={quote(ENTERED.text)}".encode()
            answer = await client.send(
                Request(method=method, url=path, headers=form, body=body), base_url=str(greeting["address"]), write=False
            )
            statuses.append(answer.status)
            story.said.append((f"{method} {path[:9]}", f"{answer.headers}\n{answer.body.decode()}"))
    assert statuses == [200, 404, 400, 401, 404, 200, 404]
    return link


async def asked(story: Story) -> None:
    """Every command that tells of connections, runs and events, for a person and for a program."""
    async with opened_desk(Settings(home=story.shell.home)) as desk:
        one_by_one = [
            *(("runs", "show", str(run.id)) for run in await runs.listed(desk)),
            *(("events", "show", str(event.id)) for event in await runs.events(desk)),
            *(("connections", kind, name) for name in ("bearer", "main", "desk", "mail", "shop") for kind in ("show", "test")),
        ]
    nouns = ("connections", "flows", "runs", "events", "subscriptions", "budgets", "triggers", "schedules", "alerts")
    lists = (*((noun, "list") for noun in nouns), ("deliveries", "refused"), ("vault", "check"), ("status",), ("doctor",))
    await story.lines(*((words, "") for line in (*lists, *one_by_one) for words in (line, (*line, "--json"))))


async def delivered(greeting: JSONObject) -> None:
    """Webhooks proven by a token in a header, by one in the address, and by a signature; and some that prove nothing."""
    addresses = {name: str(address) for name, address in as_object(greeting["webhooks"]).items()}
    now = time.time()
    deliveries: list[tuple[str, Pairs, str]] = [
        ("hook", (("x-webhook-token", HOOK.text), ("cookie", f"a={HOOK.text}")), ""),
        ("hook", (("authorization", f"Bearer {HOOK.text}"),), f"?token={HOOK.text}"),
        ("hook", (("x-webhook-token", f"{HOOK.text}x"),), ""),
        ("hook", (("authorization", f"Basic {b64encode(HOOK.text.encode()).decode()}"),), ""),
        ("signed", signing.standard_webhooks(SIGNING.text, dumps({"name": PAYLOAD, "n": 4}), at=now), ""),
        ("signed", (("webhook-signature", f"v1,{SIGNING.text}"), ("webhook-id", "1"), ("webhook-timestamp", str(int(now)))), ""),
        ("desk", (("openphone-signature", f"hmac;1;1;{SIGNING.text}"),), ""),
    ]
    statuses: list[int] = []
    async with Client(addresses=Addresses(allow=("127.0.0.1",))) as client:
        for number, (name, headers, query) in enumerate(deliveries):
            base, _, path = addresses[name].rpartition("/hooks/")
            every = (*headers, ("content-type", "application/json"))
            body = dumps({"name": PAYLOAD, "n": number})
            request = Request(method="POST", url=f"/hooks/{path}{query}", headers=every, body=body)
            statuses.append((await client.send(request, base_url=base, write=True)).status)
    assert statuses == [200, 200, 401, 401, 200, 401, 401]


async def up(story: Story) -> tuple[Process, JSONObject]:
    process = await story.shell.start("up", "--port", "0", "--json", "--log-level", "debug")
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 30)
    story.said.append(("up", line.decode()))
    return process, as_object(loads(line))


async def down(story: Story, process: Process) -> None:
    process.send_signal(signal.SIGTERM)
    out, err = await process.communicate()
    assert process.returncode == 0, err
    assert b'"level": "warning"' in err, "the log tells of refused deliveries"
    story.said.append(("up", out.decode() + err.decode()))


async def published(story: Story, files: Path) -> None:
    for name, input in FLOWS.items():
        connection = "typed" if name == "paused" else "bearer"
        (files / f"{name}.yaml").write_text(
            f"flow: {name}\ntrigger: {{on: http.received, connection: hook}}\n"
            f"steps:\n  - {{call: http.request, id: save, connection: {connection}, input: {{{input}}}}}\n"
        )
    lines = [(("flows", "apply", str(files / f"{name}.yaml")), "") for name in FLOWS]
    await story.done(*lines, *((("flows", "publish", name), "") for name in FLOWS))


async def ran(story: Story) -> None:
    """Each flow met two deliveries, and every run has come as far as it does."""
    async with asyncio.timeout(60), opened_desk(Settings(home=story.shell.home)) as desk:
        while True:
            states = [run.state for run in await runs.listed(desk)]
            if len(states) == 2 * len(FLOWS) and "running" not in states:
                assert {*states} == {"done", "failed", "unknown", "parked"}
                return
            await asyncio.sleep(0.05)


async def exported(story: Story, out: Path) -> None:
    columns = ("--column", "Email={{ item.email }}", "--column", "Note={{ item.note }}")
    await story.done((("csv", "export", "main", "ghl.contacts.search", "--out", str(out / "contacts.csv"), *columns), ""))


async def unforeseen(story: Story) -> None:
    """Nobody listens, and whoever looks for the fault asks for every detail."""
    names = ("query", "shop")
    await story.done(*((("connections", "update", name, "--base-url", "http://127.0.0.1:9"), "") for name in names))
    for name in names:
        for operation in ("http.fetch", "http.request"):
            words = ("call", operation, "--connection", name, "--input", '{"url": "/things"}')
            process = await story.shell.start(*words, TRUNKLINE_DEBUG="1")
            out, err = await process.communicate()
            assert b"Traceback" in err
            story.said.append((f"{operation} by {name} with every detail", out.decode() + err.decode()))


@pytest.mark.timeout(300)
async def test_no_secret_is_written_down_anywhere(shell: Shell, tmp_path: Path) -> None:
    files, copy, out = tmp_path / "given", tmp_path / "copy", tmp_path / "out"
    files.mkdir()
    out.mkdir()
    vendor = Parrot(access_token=ACCESS, refresh_token=REFRESH, code=CODE)
    async with serving(vendor.app()) as base_url:
        story = Story(shell, files, base_url)
        await connected(story)
        await mistaken(story)
        await published(story, files)
        process, greeting = await up(story)
        await delivered(greeting)
        await ran(story)
        await signed_in(story, vendor)
        await story.tried("bearer", "keyed", "query", "basic")
        await alerted(story, vendor)
        link = await linked(story, vendor, greeting)
        await exported(story, out)
        await asked(story)
        old = (shell.home / "master.key").read_text().strip()
        await story.done((("vault", "rotate"), ""))
        await unforeseen(story)
        shutil.copytree(shell.home, copy)
        await down(story, process)
    assert "ada@firm.example" in (out / "contacts.csv").read_text()
    heard = "\n".join(vendor.heard)
    assert [
        one.name
        for one in (BEARER, LATER, KEYED, QUERY, PIT, API_KEY, APP, ACCESS, REFRESH, CODE, INCOMING, ENTERED)
        if one.text not in heard
    ] == []

    keys = [Known(name="master key", text=text) for text in (old, (shell.home / "master.key").read_text().strip())]
    secrets = (BEARER, TYPED, LATER, KEYED, QUERY, PASSWORD, PIT, API_KEY, MAIL, HOOK, KEY, SIGNING, APP, ACCESS, REFRESH, CODE)
    search = Search(*secrets, INCOMING, ENTERED, link, *keys)
    for where, text in story.said:
        search.look(where, text)
    for folder in (shell.home, copy, out):
        search.look_in(folder, but_not=("master.key",))
    for key in keys:
        search.look("a repr", repr(Settings(environment={"TRUNKLINE_MASTER_KEY": key.text})))
        assert not [path for path in shell.home.rglob("*") if path.name != "master.key" and b64decode(key.text) in read(path)]
    assert sorted(search.found) == []
    assert search.looked_at > 500_000


def read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_the_search_finds_what_is_packed_escaped_or_cut(tmp_path: Path) -> None:
    """Else that it finds nothing would prove nothing."""
    for number, text in enumerate(
        (
            *(BEARER.text, quote(BEARER.text), dumps(BEARER.text).decode(), html.escape(BEARER.text), BEARER.text[:20]),
            *(b64encode(f"{'u' * shift}{BEARER.text}".encode()).decode() for shift in range(3)),
        )
    ):
        search = Search(BEARER)
        search.look("here", f"before {text} after")
        assert search.found, number
    assert not found_in(tmp_path, {"note": PAYLOAD})
    assert found_in(tmp_path, {"note": [BEARER.text, "x" * 2_000]}), "compressed"


def found_in(folder: Path, value: JSON) -> set[str]:
    """What a search finds in a database that holds this value packed."""
    with sqlite3.connect(folder / "trunkline.db") as database:
        database.execute("CREATE TABLE IF NOT EXISTS t (payload BLOB)")
        database.execute("INSERT INTO t VALUES (?)", (pack(value),))
    database.close()
    search = Search(BEARER)
    search.look_in(folder)
    return search.found


def test_no_repr_shows_what_may_hold_a_secret() -> None:
    """A repr stands in tracebacks and in what somebody prints while looking for a fault."""
    text, now = TYPED.text, SystemClock().now()
    one = Connection(
        id=ConnectionId("con_1"),
        workspace=DEFAULT_WORKSPACE,
        name="one",
        connector="http",
        base_url=None,
        options={},
        endpoint=EndpointId("e"),
        state="ok",
        cause="",
        since=now,
        created_at=now,
    )
    held: list[object] = [
        Request(method="GET", url=f"/services/{text}", query=(("key", text),), headers=(("authorization", text),), body=text.encode()),
        Response(status=200, headers={"set-cookie": text}, body=text.encode()),
        Delivery(headers={"x-webhook-token": text}, body=text.encode(), query={"token": text}, received_at=now),
        NewConnection(connector="http", name="one", base_url=None, options={}, secrets={"token": text}),
        Brought(state=text, code=text),
        Begun(connection=one, address=f"https://x/?state={text}", redirect_uri="", scopes=(), reasons={}, expires_at=now, state=text),
        Invited(connection=one, token=text, expires_at=now),
        Settings(metrics_token=text),
    ]
    assert [each for each in map(repr, held) if TYPED.core in each] == []
