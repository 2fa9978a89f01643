"""Triggers: what a delivery or a polled item becomes, and what a poll asks for."""

from copy import deepcopy

import pytest

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connect.inputs import check, compiled
from trunkline.connect.pages import pages
from trunkline.connect.watching import first_page
from trunkline.model.clock import SystemClock, from_iso, iso, later
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path, dumps, loads
from trunkline.testing.conformance.stage import Stage, fill


class Triggered(Stage):
    """Every trigger, by its sample and against the fake."""

    def test_trigger_is_declared_completely(self, trigger: Trigger) -> None:
        assert trigger.title
        assert trigger.category
        compiled(trigger.output)
        compiled(trigger.input or {})
        assert trigger.kinds or trigger.poll is not None, "it arrives by webhook, by poll or both"
        assert not trigger.kinds or trigger.payload is not None, "a webhook trigger normalises its body"
        assert not trigger.kinds or self.connector.webhook is not None
        needed = (trigger.input or {}).get("required")
        assert not (trigger.kinds and needed) or trigger.matches is not None, "what it asks for holds for deliveries too"

    def test_trigger_sample_gives_its_payload(self, trigger: Trigger) -> None:
        sample = self.sample(trigger.sample)
        if "payload" not in sample:
            pytest.skip("it watches an operation, whose sample it shares; what it reads is tested below")
        made = [*self._payloads_of_delivery(trigger, sample), *_payloads_of_item(trigger, sample)]
        assert made, "the sample holds a delivery or an item"
        for payload in made:
            assert payload == sample["payload"]
            check(trigger.output, payload)
            assert trigger.record_key(payload)
            assert trigger.record_key(payload) == trigger.record_key(deepcopy(payload))

    def test_poll_starts_with_a_valid_input(self, trigger: Trigger) -> None:
        if trigger.poll is None:
            pytest.skip("this trigger is not polled")
        account, now, input = self.make().account(), SystemClock().now(), self._trigger_input(trigger)
        if trigger.input is not None:
            check(trigger.input, input)
        assert trigger.poll.read.kind == "read"
        for since in (None, iso(now)):
            start = first_page(trigger.poll, since=since, account=account, input=input, now=now)
            assert start == first_page(trigger.poll, since=since, account=account, input=input, now=now)
            check(trigger.poll.read.input, fill(trigger.poll.read, start, account))

    async def test_poll_reads_payloads(self, trigger: Trigger) -> None:
        """From the fake, and from the sample answer where there is one: a seeded fake may have nothing to tell now."""
        poll = trigger.poll
        if poll is None:
            pytest.skip("this trigger is not polled")
        async with self.session() as (session, vendor):
            input = self._trigger_input(trigger)
            start = first_page(poll, since=None, account=vendor.account(), input=input, now=SystemClock().now())
            found = [item async for page in pages(session, poll.read, start, items=poll.items) for item in page]
        found += self._sampled_items(trigger, poll)
        assert found, "the fake or the sample has something to tell"
        for item in found:
            payload = poll.payload(as_object(item))
            check(trigger.output, payload)
            assert trigger.record_key(payload)
            stamp = None if poll.cursor is None else poll.cursor(as_object(item))
            assert stamp is None or iso(from_iso(stamp)) <= iso(later(SystemClock().now(), 366 * 86_400)), "its time is one"

    def _trigger_input(self, trigger: Trigger) -> JSONObject:
        """What the trigger is asked for in its sample, or in that of the operation it watches."""
        if trigger.input is None:
            return {}
        given = as_object(self.sample(trigger.sample).get("input"))
        return {name: value for name, value in given.items() if name in as_object((trigger.input or {}).get("properties"))}

    def _sampled_items(self, trigger: Trigger, poll: Poll) -> list[JSON]:
        sample = self.sample(trigger.sample)
        if "item" in sample:
            return [sample["item"]]
        if "answer" not in sample:
            return []
        return poll.items(sample["answer"]) if poll.items else as_list(at_path(sample["answer"], poll.read.items or ""))

    def _payloads_of_delivery(self, trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
        if "delivery" not in sample:
            return []
        webhook, body = self.webhook(), dumps(sample["delivery"])
        query = {name: str(value) for name, value in as_object(sample.get("query")).items()}
        delivery = Delivery(headers={}, body=body, query=query, received_at=SystemClock().now())
        heard = [one for one in webhook.split(loads(body), delivery) if one.kind in trigger.kinds]
        assert heard, "its kinds name what the delivery says"
        payload = trigger.payload
        assert payload is not None
        assert [payload(one.body) for one in heard] == [payload(deepcopy(one.body)) for one in heard]
        return [made for one in heard if (made := payload(one.body)) is not None]


def _payloads_of_item(trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
    if trigger.poll is None or "item" not in sample:
        return []
    item = as_object(sample["item"])
    assert trigger.poll.payload(item) == trigger.poll.payload(deepcopy(item))
    return [trigger.poll.payload(item)]
