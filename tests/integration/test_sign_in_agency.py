"""An agency signs in once: its sub-accounts work, stop and work again with it, and it is asked for what their flows need."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integration.agency import a_desk, place
from trunkline.admin import connections, flows
from trunkline.admin.connections import NOBODY
from trunkline.connectors.ghl.fake_seed import COMPANY
from trunkline.engine.directory import Directory
from trunkline.engine.recovery import Recovery
from trunkline.flows.compile import compile_text
from trunkline.model.errors import ConfigError
from trunkline.store import connections as store

FLOW = """
flow: welcome
trigger: {on: ghl.contacts.created, connection: sub, poll: off}
steps:
  - id: tag
    call: ghl.contacts.add_tags
    connection: sub
    input: {contactId: "{{ trigger.contact.id }}", tags: [welcome]}
"""


async def test_sub_account_works_as_soon_as_its_agency_has_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        assert (await connections.named(at.desk, "agency")).cause == NOBODY
        before = await connections.test(at.desk, "sub")
        assert (before.ok, before.message) == (False, "Nobody has signed in to GoHighLevel yet.")
        assert await at.states() == {"agency": "paused", "sub": "paused"}
        await at.sign_in()
        assert await at.states() == {"agency": "ok", "sub": "ok"}
        assert (await connections.named(at.desk, "agency")).options == {"level": "agency", "company": COMPANY}
        assert (await connections.test(at.desk, "sub")).ok
        assert at.vendor.signed_in.minted == [at.vendor.location]


async def test_sub_account_stops_and_goes_on_with_its_agency(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        assert (await connections.test(at.desk, "sub")).ok
        at.vendor.signed_in.revoke()
        assert not (await connections.test(at.desk, "sub")).ok
        assert (await at.states())["sub"] == "paused"
        await at.sign_in()
        assert await at.states() == {"agency": "ok", "sub": "ok"}
        assert (await connections.test(at.desk, "sub")).ok


async def test_agency_is_asked_for_what_the_flows_of_its_sub_accounts_need(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        least = (await at.begin()).scopes
        await flows.apply(at.desk, FLOW, source="welcome.yaml")
        begun = await at.begin()
        assert set(begun.scopes) == {*least, "contacts.readonly", "contacts.write"}
        assert begun.reasons["contacts.write"] == ("ghl.contacts.add_tags in welcome",)
        asked = parse_qs(urlsplit(begun.address).query)
        assert asked["scope"] == [" ".join(begun.scopes)]


async def test_sub_account_needs_its_location_and_an_agency_that_signed_in(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        with pytest.raises(ConfigError) as caught:
            await at.add("nowhere", {"agency": "agency"})
        assert caught.value.place == "location"
        await at.add("stray", {"agency": "nobody", "location": at.vendor.location})
        found = await connections.test(at.desk, "stray")
        assert (found.ok, "no connection named 'nobody'" in found.message) == (False, True)
        await at.add("chain", {"agency": "sub", "location": at.vendor.location})
        chained = await connections.test(at.desk, "chain")
        assert (chained.ok, "can make none" in chained.message) == (False, True)


async def test_sub_account_found_to_work_by_another_process_works_in_this_one_again(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        assert (await connections.test(at.desk, "sub")).ok
        at.vendor.next("POST /contacts/search", status=401, times=2)
        refused = await connections.test(at.desk, "sub")
        assert (refused.ok, (await at.states())["sub"]) == (False, "paused")
        assert len(at.vendor.signed_in.minted) == 2, "even the new token was refused"
        check = (await connections.link_to(at.desk, "sub")).connector.check
        assert check is not None
        elsewhere = a_desk(tmp_path)
        try:
            assert (await connections.test(elsewhere, "sub")).ok
        finally:
            await elsewhere.close()
        assert (await at.states())["sub"] == "ok"
        link = await connections.link_to(at.desk, "sub")
        await link.call(check, {})


async def test_state_that_changed_while_a_connection_was_tried_is_kept(tmp_path: Path) -> None:
    async with place(tmp_path) as at:
        await at.sign_in()
        directory = Directory(at.desk.database, at.desk.clock, compile=compile_text, link=at.desk.link)
        await directory.refresh()
        sub = await connections.named(at.desk, "sub")
        await directory.set_state(sub.id, "suspended", "later")
        now = at.desk.clock.now()
        await at.desk.database.journal.commit(lambda tx: store.set_state(tx, sub.id, state="paused", cause="Somebody's word.", since=now))
        recovery = Recovery(at.desk.database, directory, at.desk.clock)
        recovery.soon(sub.id)
        await recovery.look()
        assert at.vendor.signed_in.minted == [at.vendor.location], "it was tried, and works"
        found = await connections.named(at.desk, "sub")
        assert (found.state, found.cause) == ("paused", "Somebody's word.")
