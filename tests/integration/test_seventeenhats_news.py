"""What a Zap and the calendar feed tell of 17hats, through a running hub."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.integration.shell import Shell
from trunkline.connect.client import Client
from trunkline.connectors.http.fake import FakeHTTP
from trunkline.connectors.seventeenhats.fake import FEED, FakeSeventeenHats
from trunkline.model.http import Request
from trunkline.model.json import JSONObject, as_object, dumps, loads
from trunkline.testing.vendor import serving

TOKEN = "only-zaps-know-this"
FLOW = """\
flow: heard
trigger: {{on: seventeenhats.{trigger}, connection: hats, poll: {poll}}}
steps:
  - call: http.request
    id: save
    connection: target
    input: {{url: /things, json: "{{{{ trigger }}}}"}}
"""


class Heard:
    """A hub with one flow; what it heard lies at the target."""

    def __init__(self, hats: FakeSeventeenHats, target: FakeHTTP, address: str) -> None:
        self.hats = hats
        self._target = target
        self._address = address

    @property
    def events(self) -> list[JSONObject]:
        return [as_object(as_object(thing)["sent"]) for thing in self._target.things.values()]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not reached():  # noqa: ASYNC110 - what another process does sets no event here
                await asyncio.sleep(0.02)

    async def polled(self, times: int = 3) -> None:
        """Wait until the feed was read so often from now on."""
        before = len(self.hats.calls_to(f"GET {FEED}"))
        await self.until(lambda: len(self.hats.calls_to(f"GET {FEED}")) >= before + times)

    async def zap(self, query: str, body: JSONObject) -> tuple[int, str]:
        base, _, path = self._address.partition("/hooks/")
        headers = (("content-type", "application/json"), ("x-webhook-token", TOKEN))
        async with Client() as client:
            request = Request(method="POST", url=f"/hooks/{path}{query}", headers=headers, body=dumps(body))
            answer = await client.send(request, base_url=base, timeout_s=10, write=True)
        return answer.status, answer.body.decode()


@asynccontextmanager
async def hearing(shell: Shell, folder: Path, trigger: str, *, poll: str = "off") -> AsyncGenerator[Heard]:
    hats, target, flow = FakeSeventeenHats(), FakeHTTP(), folder / "heard.yaml"
    hats.seed()
    flow.write_text(FLOW.format(trigger=trigger, poll=poll))
    async with serving(hats) as hats_url, serving(target) as target_url:
        secrets = ("--secret", f"webhook_token={TOKEN}", "--secret", f"calendar_url={FEED}")
        await shell.done("connections", "add", "seventeenhats", "--name", "hats", "--base-url", hats_url, *secrets)
        await shell.done("connections", "add", "http", "--name", "target", "--base-url", target_url, "--secret", f"token={FakeHTTP.token}")
        await shell.done("flows", "apply", str(flow))
        await shell.done("flows", "publish", "heard")
        process = await shell.start("up", "--port", "0", "--json", TRUNKLINE_POLL_SECONDS="0.2")
        assert process.stdout is not None
        try:
            told = as_object(loads(await asyncio.wait_for(process.stdout.readline(), 30)))
            yield Heard(hats, target, str(as_object(told["webhooks"])["hats"]))
        finally:
            process.terminate()
            await process.communicate()


async def test_appointments_are_news_when_they_are_added_moved_or_cancelled_and_at_no_other_time(shell: Shell, tmp_path: Path) -> None:
    async with hearing(shell, tmp_path, "calendar.changed", poll="10s") as heard:
        await heard.polled()
        assert heard.events == [], "what was there when the flow began is none"
        heard.hats.book("apt-3", "20261203T150000Z", "20261203T160000Z", "Third meeting")
        await heard.until(lambda: len(heard.events) == 1)
        heard.hats.book("apt-1", "20261204T150000Z", "20261204T160000Z", "First meeting")
        await heard.until(lambda: len(heard.events) == 2)
        gone = heard.hats.appointments.pop("apt-2")
        await heard.polled()
        heard.hats.appointments["apt-2"] = gone
        await heard.polled()
        assert len(heard.events) == 2, "one that is gone is none for this trigger, and none when it comes back"
        heard.hats.appointments["apt-2"] = gone.replace("CONFIRMED", "CANCELLED")
        await heard.until(lambda: len(heard.events) == 3)
    told = [as_object(one["event"]) for one in heard.events]
    assert [(one["uid"], one["status"]) for one in told] == [("apt-3", "CONFIRMED"), ("apt-1", "CONFIRMED"), ("apt-2", "CANCELLED")]


async def test_appointment_that_is_deleted_is_told_once(shell: Shell, tmp_path: Path) -> None:
    async with hearing(shell, tmp_path, "calendar.removed", poll="10s") as heard:
        await heard.polled()
        del heard.hats.appointments["apt-2"]
        await heard.until(lambda: len(heard.events) == 1)
        await heard.polled()
        assert len(heard.events) == 1
    told = as_object(heard.events[0]["event"])
    assert (told["id"], told["title"], told["starts_at"]) == ("apt-2", "Second meeting", "2026-12-02T15:00:00.000Z")


async def test_zap_is_heard_once_and_told_what_is_wrong_with_it(shell: Shell, tmp_path: Path) -> None:
    async with hearing(shell, tmp_path, "bookings.created") as heard:
        for email in ("a@example.com", "b@example.com", "a@example.com"):
            status, _ = await heard.zap("?event=booking.created", {"Service": "Call", "Email": email, "Start": "2026-12-01T10:00"})
            assert status == 200
        await heard.until(lambda: len(heard.events) == 2)
        assert {str(as_object(one["contact"])["email"]) for one in heard.events} == {"a@example.com", "b@example.com"}
        for query, body, words in (
            ("?event=boking.created", {"Service": "Call"}, "booking.created"),
            ("", {"Service": "Call"}, "event"),
            ("?event=booking.created", {"unheard": "of"}, "tells nothing of the booking"),
        ):
            status, said = await heard.zap(query, {**body})
            assert (status, words in said) == (400, True), said


@pytest.mark.parametrize(("event", "trigger"), [("invoice.paid", "invoices.paid"), ("location.updated", "locations.changed")])
async def test_flat_fields_become_the_record(shell: Shell, tmp_path: Path, event: str, trigger: str) -> None:
    async with hearing(shell, tmp_path, trigger) as heard:
        status, said = await heard.zap("", {"event": event, "Number": "7", "Name": "Studio", "Total": "$1,200.00", "City": "Denver"})
        assert status == 200, said
        await heard.until(lambda: len(heard.events) == 1)
    found = as_object(heard.events[0][event.partition(".")[0]])
    assert found.get("total", 1200.0) == 1200.0
    assert found.get("city", "Denver") == "Denver"
