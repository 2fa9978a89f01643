"""Triggers: what a delivery or a polled item becomes, and what a poll asks for."""

from copy import deepcopy

from trunkline.connect.declaration import Poll, Trigger
from trunkline.connect.inputs import check, compiled
from trunkline.connect.pages import pages
from trunkline.connect.schedules.ticks import Tick
from trunkline.connect.schedules.ticks import payload as tick_payload
from trunkline.connect.watching import first_page
from trunkline.model.clock import SystemClock, from_iso, iso, later
from trunkline.model.http import Delivery
from trunkline.model.json import JSON, JSONObject, as_list, as_object, at_path, dumps, loads
from trunkline.testing.conformance.applying import only_where
from trunkline.testing.conformance.stage import Stage, fill


class Triggered(Stage):
    """Every trigger, by its sample and against the fake."""

    def test_trigger_is_declared_completely(self, trigger: Trigger) -> None:
        assert trigger.title
        assert trigger.category
        compiled(trigger.output)
        compiled(trigger.input or {})
        assert trigger.kinds or trigger.poll is not None or trigger.schedule is not None, (
            "it arrives by webhook, by poll or both, or is a clock"
        )
        assert not trigger.kinds or trigger.payload is not None, "a webhook trigger normalises its body"
        assert not trigger.kinds or self.connector.webhook is not None or self.connector.files
        needed = (trigger.input or {}).get("required")
        assert not (trigger.kinds and needed) or trigger.matches is not None, "what it asks for holds for deliveries too"

    def test_trigger_sample_gives_its_payload(self, sampled: Trigger) -> None:
        """Triggers with a sample of their own; one that watches an operation shares that one's, and what it reads is tried below."""
        sample = self.sample(sampled.sample)
        made = [*self._payloads_of_delivery(sampled, sample), *_payloads_of_item(sampled, sample), *_payloads_of_row(sampled, sample)]
        made += _payloads_of_tick(sampled, sample)
        assert made, "the sample holds a delivery, an item, a row or a tick"
        for payload in made:
            assert payload == sample["payload"]
            check(sampled.output, payload)
            assert sampled.record_key(payload)
            assert sampled.record_key(payload) == sampled.record_key(deepcopy(payload))

    def test_poll_starts_with_a_valid_input(self, polled: Trigger) -> None:
        poll, account, now, input = _poll_of(polled), self.account(), SystemClock().now(), self._trigger_input(polled)
        if polled.input is not None:
            check(polled.input, input)
        assert poll.read.kind == "read"
        for since in (None, iso(now)):
            start = first_page(poll, since=since, account=account, input=input, now=now)
            assert start == first_page(poll, since=since, account=account, input=input, now=now)
            check(poll.read.input, fill(poll.read, start, account))

    @only_where(lambda suite: suite.make is not None)
    async def test_poll_reads_payloads(self, polled: Trigger) -> None:
        """From the fake, and from the sample answer where there is one: a seeded fake may have nothing to tell now."""
        poll = _poll_of(polled)
        async with self.session() as (session, vendor):
            input = self._trigger_input(polled)
            start = first_page(poll, since=None, account=vendor.account(), input=input, now=SystemClock().now())
            found = [item async for page in pages(session, poll.read, start, items=poll.items) for item in page]
        found += self._sampled_items(polled, poll)
        assert found, "the fake or the sample has something to tell"
        for item in found:
            payload = poll.payload(as_object(item))
            check(polled.output, payload)
            assert polled.record_key(payload)
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


def _poll_of(polled: Trigger) -> Poll:
    assert polled.poll is not None
    return polled.poll


def _payloads_of_item(trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
    if trigger.poll is None or "item" not in sample:
        return []
    item = as_object(sample["item"])
    assert trigger.poll.payload(item) == trigger.poll.payload(deepcopy(item))
    return [trigger.poll.payload(item)]


def _payloads_of_row(trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
    if trigger.payload is None or "row" not in sample:
        return []
    row = as_object(sample["row"])
    made = trigger.payload(row)
    assert made == trigger.payload(deepcopy(row))
    return [] if made is None else [made]


def _payloads_of_tick(trigger: Trigger, sample: JSONObject) -> list[JSONObject]:
    if trigger.schedule is None or "tick" not in sample:
        return []
    given, told = as_object(sample["input"]), {name: from_iso(str(at)) for name, at in as_object(sample["tick"]).items()}
    check(trigger.input or {}, given)
    assert trigger.judge is not None
    assert trigger.judge(given, told["began_at"]) == ()
    schedule = trigger.schedule(given)
    assert schedule.after(later(told["planned_at"], -1)) == told["planned_at"]
    tick = Tick(planned_at=told["planned_at"], told_at=told["told_at"], missed=0, previous_at=told.get("previous_at"))
    return [tick_payload(schedule, tick)]
