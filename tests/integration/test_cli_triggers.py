"""`trunkline triggers`: what a person sees of how flows hear of things."""

import asyncio
from pathlib import Path

from tests.integration.shell import Shell
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.json import JSONObject, as_list, as_object, at_path
from trunkline.testing.vendor import serving

LEAVERS = """\
flow: leavers
trigger: {on: openphone.users.removed, connection: desk, poll: {least: 10s, most: 1m}}
steps:
  - stop: told
"""


async def publish(shell: Shell, tmp_path: Path, text: str) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text(text)
    applied = await shell.done("flows", "apply", str(file))
    await shell.done("flows", "publish", str(at_path(applied, "flow.name")))


async def shown(shell: Shell, flow: str) -> JSONObject:
    return as_object((await shell.done("triggers", "show", flow))["trigger"])


async def test_a_person_sees_where_a_poll_stands_and_lets_it_go_on(shell: Shell, tmp_path: Path) -> None:
    vendor = FakeOpenPhone()
    vendor.seed()
    async with serving(vendor) as base_url:
        await shell.done(
            "connections", "add", "openphone", "--name", "desk", "--base-url", base_url, "--token", "-", stdin=f"{vendor.token}\n"
        )
        assert as_list((await shell.done("triggers", "list"))["triggers"]) == []
        await publish(shell, tmp_path, LEAVERS)
        new = await shown(shell, "leavers")
        assert (new["state"], new["flows"], new["by"]) == ("new", ["leavers"], ["poll"])
        assert (at_path(new, "poll.least_s"), at_path(new, "poll.most_s")) == (10, 60)
        async with shell.hub():
            async with asyncio.timeout(30):
                while (polled := await shown(shell, "leavers"))["state"] != "ok":
                    pass
            assert at_path(polled, "poll.records") == len(vendor.members)
            last_at = at_path(polled, "poll.last_at")
            await shell.done("triggers", "poll", "leavers")
            async with asyncio.timeout(30):
                while at_path(await shown(shell, "leavers"), "poll.last_at") == last_at:
                    pass
        listed = await shell("triggers", "list")
        assert all(word in listed.out for word in ("openphone.users.removed", "desk", "leavers", "ok"))
        assert "openphone.users.removed" in (await shell("flows", "show", "leavers")).out
        status = await shell.done("status")
        assert (status["triggers"], status["missed"], status["recovered"]) == (1, 0, 0)


async def test_what_cannot_be_done_is_said_in_words(shell: Shell, tmp_path: Path) -> None:
    await shell.done("connections", "add", "openphone", "--name", "desk", "--token", "-", stdin="key\n")
    await publish(shell, tmp_path, LEAVERS)
    nobody = await shell("triggers", "show", "nobody")
    assert (nobody.code != 0, "trunkline triggers list" in nobody.err) == (True, True)
    nothing = await shell("triggers", "release", "leavers", "--yes")
    assert (nothing.code != 0, "holds nothing back" in nothing.err) == (True, True)
