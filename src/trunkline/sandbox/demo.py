"""The demonstration: simulated vendors and a real hub as processes of their own, a bad day for webhooks, and the proof at the end."""

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from trunkline.admin import calls, connections, flows
from trunkline.admin.connections import NewConnection
from trunkline.admin.desk import Desk
from trunkline.app import opened_desk
from trunkline.connect.client import Client
from trunkline.model.connection import Connection
from trunkline.model.errors import ConfigError, TrunklineError, UnavailableError
from trunkline.model.json import JSON, JSONObject, as_list, as_object
from trunkline.sandbox import children, figures, people, proof
from trunkline.sandbox.figures import Figures
from trunkline.sandbox.proof import Findings
from trunkline.sandbox.remote import Control, Hub, counted
from trunkline.settings import from_environment

REPOSITORY: Final = Path(__file__).resolve().parents[3]
FLOW: Final = REPOSITORY / "examples" / "ghl-contact-to-openphone.yaml"
PAYLOADS: Final = REPOSITORY.parent / "shared" / "fixtures" / "ghl-webhooks"
POLL_S: Final = 10
RATE: Final = 200
"""Calls a second that the simulated OpenPhone takes; the real one takes 10."""
FAULTS: Final[JSONObject] = {"lost": 0.1, "twice": 0.1, "late": 0.2, "late_s": 2}

_BATCHES: Final = 25
_BATCH_S: Final = 0.25
_LOOK_S: Final = 0.4
_ASK_S: Final = 0.1
_START_S: Final = 15.0
_PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How large it is. `deadline_s` bounds everything up to the proof."""

    contacts: int = 500
    changes: int = 100
    seed: int = 1
    deadline_s: float = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is: of `expected` contacts so many have `arrived` and are `equal`; `made` says that nothing more will change in GHL."""

    expected: int
    arrived: int
    equal: int
    made: bool


class Screen(Protocol):
    """Where it is shown."""

    def say(self, text: str) -> None: ...

    def progress(self, progress: Progress) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that is running."""

    home: Path
    desk: Desk
    sandbox: JSONObject
    ghl: Control
    openphone: Control
    hub: Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How it ended."""

    figures: Figures
    findings: Findings
    settled: bool
    seconds: float

    @property
    def good(self) -> bool:
        return self.findings.good and self.settled and not self.trouble

    @property
    def trouble(self) -> int:
        """Runs that ended as dead letters or with an unknown outcome."""
        return self.figures.runs.get("failed", 0) + self.figures.runs.get("unknown", 0)

    def reasons(self) -> list[str]:
        """Why it is not good."""
        late = [] if self.settled else [f"the hub had not finished after {self.seconds:.0f} s"]
        bad = [f"{self.trouble} runs failed or have an unknown outcome"] if self.trouble else []
        return [*late, *bad, *self.findings.problems()]

    def as_json(self) -> JSONObject:
        return {
            "ok": self.good,
            "seconds": round(self.seconds, 1),
            "reasons": [*self.reasons()],
            "expected": self.findings.expected,
            "exactly_once_and_equal": self.findings.equal,
            "left_alone": self.findings.left_alone,
            **self.figures.as_json(),
        }


async def perform(stage: Stage, options: Options, screen: Screen) -> Outcome:
    """The main job, from connecting the accounts to the proof."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await connect(stage, screen)
    await publish(stage, screen)
    settled = True
    try:
        async with asyncio.timeout(options.deadline_s):
            await _first_poll(stage)
            screen.say(f"Creating {options.contacts} contacts in GoHighLevel and changing {options.changes} of them")
            if published := people.published(PAYLOADS):
                screen.say(f"{len(published)} of them are made from the webhook payloads that GoHighLevel publishes")
            screen.say("Its webhooks: 10 % get lost, 10 % come twice, 20 % come late")
            screen.say("OpenPhone: now and then a call fails, or a write is done and its answer lost")
            await _work_through(stage, options, screen)
    except TimeoutError:
        settled = False
    seconds = loop.time() - began
    found = await figures.gathered(stage.desk, stage.hub, stage.ghl, stage.openphone)
    return Outcome(figures=found, findings=await proven(stage), settled=settled, seconds=seconds)


# ── the stage ────────────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def staged(screen: Screen, *, keep: bool, seed: int) -> AsyncGenerator[Stage]:
    """Start the sandbox and a hub as processes; leaving ends both and removes the hub's folder, unless it is to be kept."""
    home = Path(tempfile.mkdtemp(prefix="trunkline-demo-"))
    environment = children.clean_environment()
    port = children.free_port()
    sandbox_words = ("sandbox", "--json", "--seed", str(seed), "--only", "ghl,openphone", "--rate", f"openphone={RATE}")
    hub_words = ("up", "--home", str(home), "--port", str(port), "--json")
    try:
        async with (
            children.running("The sandbox", sandbox_words, log=home / "sandbox.log", environment=environment) as vendors,
            children.running("The hub", hub_words, log=home / "hub.log", environment=environment) as hub_process,
            Client() as client,
        ):
            told = await vendors.first_line(within_s=_START_S)
            ghl, openphone = as_object(told["ghl"]), as_object(told["openphone"])
            hub = Hub(client=client, url=f"http://127.0.0.1:{port}")
            await _ready(hub, hub_process)
            screen.say(f"Simulated GoHighLevel sub-account   {ghl['url']}")
            screen.say(f"Simulated OpenPhone workspace       {openphone['url']}")
            screen.say(f"Trunkline, a process of its own     {hub.url}")
            screen.say(f"To save time OpenPhone takes {RATE} calls/s here and says so; the real one: 10")
            settings = from_environment(environment, home=home, port=port)
            async with opened_desk(settings) as desk:
                yield Stage(
                    home=home,
                    desk=desk,
                    sandbox=told,
                    ghl=Control(client=client, url=str(ghl["control"])),
                    openphone=Control(client=client, url=str(openphone["control"])),
                    hub=hub,
                )
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


async def _ready(hub: Hub, process: children.Child) -> None:
    try:
        async with asyncio.timeout(_START_S):
            while await hub.ready() is None:
                if process.ended:
                    raise process.failed()
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise process.failed() from error


# ── as a person would ────────────────────────────────────────────────────────────────────────────────────────────────


async def connect(stage: Stage, screen: Screen) -> None:
    """Add both connections, test them, and tell the simulated GHL where its webhooks go."""
    ghl, openphone = as_object(stage.sandbox["ghl"]), as_object(stage.sandbox["openphone"])
    options = {"location": str(ghl["location"]), "webhook_public_key": str(ghl["webhook_public_key"])}
    main = await _added(stage, "ghl", "main", base_url=str(ghl["url"]), options=options, token=str(ghl["token"]))
    await _added(stage, "openphone", "desk", base_url=str(openphone["url"]), options={}, token=str(openphone["token"]))
    await stage.ghl.send("PUT", "/webhooks", {"urls": [f"{stage.hub.url}/hooks/{main.endpoint}"], **FAULTS})
    screen.say("Connected and tested: main (GoHighLevel), desk (OpenPhone)")


async def _added(stage: Stage, connector: str, name: str, *, base_url: str, options: dict[str, str], token: str) -> Connection:
    new = NewConnection(connector=connector, name=name, base_url=base_url, options=options, secrets={"token": token})
    connection = await connections.add(stage.desk, new)
    checked = await connections.test(stage.desk, name)
    if not checked.ok:
        raise TrunklineError(f"The connection {name} does not work: {checked.message}", hint=checked.hint)
    return connection


async def publish(stage: Stage, screen: Screen) -> None:
    """Apply and publish the example flow, polling as often as a flow may."""
    try:
        text = FLOW.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError("The demonstration needs the example flows of the repository.", hint="Run it from a checkout.") from error
    document, changed = re.subn(r"(?m)^(\s+poll:) \w+", rf"\1 {POLL_S}s", text)
    assert changed == 1
    applied = await flows.apply(stage.desk, document, source=FLOW.name)
    await flows.publish(stage.desk, applied.flow.name)
    screen.say(f"Published: {applied.flow.title}")
    screen.say(f"It starts by webhook, and by a poll every {POLL_S} s that finds what webhooks lost")


async def _first_poll(stage: Stage) -> None:
    """The first poll of a trigger notes from when on events count."""

    async def polled() -> bool:
        return counted(await stage.hub.samples(), "trunkline_polls_total", result="done") > 0

    await _until(polled)


# ── a bad day ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _work_through(stage: Stage, options: Options, screen: Screen) -> None:
    made = asyncio.create_task(_make(stage, options))
    try:
        while not (made.done() and await _up_to_date(stage, screen, made=True)):
            if made.done():
                made.result()
            else:
                await _up_to_date(stage, screen, made=False)
            await asyncio.sleep(_LOOK_S)
        await _quiet(stage)
    finally:
        made.cancel()
        await asyncio.gather(made, return_exceptions=True)


async def _make(stage: Stage, options: Options) -> None:
    """Create the contacts in batches, with changes to earlier ones in between, and spoil answers of OpenPhone now and then."""
    published = people.published(PAYLOADS)[: options.contacts]
    for fields in published:
        await stage.ghl.send("POST", "/contacts", {"fields": fields})
    ids: list[str] = []
    for batch in range(_BATCHES):
        count = _share(options.contacts - len(published), batch)
        if count:
            made = as_list(await stage.ghl.send("POST", "/contacts", {"count": count}))
            ids.extend(str(as_object(one)["id"]) for one in made)
        if batch % 5 == 1:
            await stage.openphone.send("POST", "/next", {"route": "POST /v1/contacts", "status": 500, "after": True})
            await stage.openphone.send("POST", "/next", {"route": "GET /v1/contacts", "status": 503})
        await asyncio.sleep(_BATCH_S)
        await _change(stage, options, ids, batch)


async def _change(stage: Stage, options: Options, ids: list[str], batch: int) -> None:
    done = sum(_share(options.changes, earlier) for earlier in range(batch))
    for index in range(done, done + _share(options.changes, batch)):
        contact_id = ids[(index * 7919) % len(ids)] if ids else None
        if contact_id is not None:
            await stage.ghl.send("PATCH", f"/contacts/{contact_id}", people.change(index, seed=options.seed))


def _share(total: int, batch: int) -> int:
    """How many of `total` fall into this batch."""
    return total * (batch + 1) // _BATCHES - total * batch // _BATCHES


async def _up_to_date(stage: Stage, screen: Screen, *, made: bool) -> bool:
    findings = proof.compare(await stage.ghl.contacts(), await stage.openphone.contacts())
    screen.progress(Progress(expected=findings.expected, arrived=findings.arrived, equal=findings.equal, made=made))
    return findings.good


async def _quiet(stage: Stage) -> None:
    """Return when no delivery is under way and the hub has nothing in hand."""

    async def quiet() -> bool:
        hooks = as_object((await stage.ghl.state())["webhooks"])
        hub = await stage.hub.ready()
        return hub is not None and not (hooks["under_way"] or hub["events_waiting"] or hub["runs_in_hand"])

    await _until(quiet)


async def _until(met: Callable[[], Awaitable[bool]]) -> None:
    """Ask another process again and again: it has no way to call us."""
    while not await met():  # noqa: ASYNC110 - there is no event that another process could set
        await asyncio.sleep(_ASK_S)


async def calm(stage: Stage) -> None:
    """End the bad day: webhooks arrive again as they should."""
    await stage.ghl.send("PUT", "/webhooks", dict.fromkeys(FAULTS, 0))


# ── the proof ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _listed(stage: Stage, page: JSONObject) -> JSON:
    """A page of OpenPhone's list; of the faults that were ordered, those nobody has met yet are waited out here."""
    for _ in range(_BATCHES):
        try:
            return await calls.call(stage.desk, "openphone.contacts.list", connection="desk", input=page)
        except UnavailableError:
            continue
    return await calls.call(stage.desk, "openphone.contacts.list", connection="desk", input=page)


async def proven(stage: Stage) -> Findings:
    """Compare GHL's own contacts with OpenPhone's whole list as read through the connection, page by page."""
    held: list[JSONObject] = []
    page: JSONObject = {"maxResults": _PAGE}
    while True:
        answer = as_object(await _listed(stage, page))
        held.extend(as_object(one) for one in as_list(answer.get("data")))
        token = answer.get("nextPageToken")
        if not token:
            return proof.compare(await stage.ghl.contacts(), held)
        page = {**page, "pageToken": token}
