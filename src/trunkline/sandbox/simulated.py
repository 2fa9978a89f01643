"""A simulated vendor as the sandbox sees it: the fake, its webhooks, and how contacts are made and changed in it by hand."""

from collections.abc import Callable
from dataclasses import dataclass

from trunkline.connect.declaration import RateLimit
from trunkline.connectors.ghl.fake import FakeGHL
from trunkline.connectors.openphone.fake import FakeOpenPhone
from trunkline.model.json import JSONObject, as_object
from trunkline.sandbox.deliveries import UnsteadyWebhooks
from trunkline.sandbox.people import as_openphone
from trunkline.testing.vendor import FakeVendor


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One vendor. `create` and `change` do what a person does in the vendor's own app, `person` puts a made-up person in its words."""

    name: str
    vendor: FakeVendor
    deliveries: UnsteadyWebhooks
    contacts: Callable[[], list[JSONObject]]
    create: Callable[[JSONObject], JSONObject]
    change: Callable[[str, JSONObject], JSONObject]
    person: Callable[[JSONObject], JSONObject]
    key: str
    """What its webhooks are checked with."""


def ghl(*, seed: int) -> tuple[FakeGHL, Simulated]:
    """A sub-account."""
    vendor = FakeGHL()
    return vendor, Simulated(
        name="GoHighLevel",
        vendor=vendor,
        deliveries=_unsteady(vendor, seed),
        contacts=lambda: vendor.contacts,
        create=vendor.create_contact,
        change=vendor.change_contact,
        person=dict,
        key=vendor.public_key,
    )


def openphone(*, seed: int, rate: int) -> tuple[FakeOpenPhone, Simulated]:
    """A workspace that takes `rate` calls a second, and says so in its answers."""
    vendor = FakeOpenPhone()
    vendor.limits = (RateLimit(calls=rate, per_s=1),)

    def change(contact_id: str, fields: JSONObject) -> JSONObject:
        held = as_object(vendor.book.get(contact_id)["defaultFields"])
        lists = {name: held[name] for name in ("emails", "phoneNumbers")}
        return vendor.book.patch(contact_id, {"defaultFields": {**lists, **fields}})

    return vendor, Simulated(
        name="OpenPhone",
        vendor=vendor,
        deliveries=_unsteady(vendor, seed),
        contacts=lambda: vendor.contacts,
        create=vendor.create_contact,
        change=change,
        person=as_openphone,
        key=vendor.webhook_key,
    )


def _unsteady(vendor: FakeVendor, seed: int) -> UnsteadyWebhooks:
    vendor.webhooks = deliveries = UnsteadyWebhooks(vendor, seed=seed)
    return deliveries
