"""Webhooks: only what the vendor signed, and signed now, is taken."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import dumps
from trunkline.testing.conformance.applying import only_where
from trunkline.testing.conformance.stage import Stage


@only_where(lambda suite: suite.make is not None and suite.connector.webhook is not None)
class Delivered(Stage):
    """The proof of a delivery."""

    def test_signed_delivery_is_taken(self) -> None:
        verify, delivery, account = self.delivery()
        assert verify(delivery, account) is not None

    def test_unsigned_delivery_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        _refused(lambda: verify(replace(delivery, headers={}), account), "unsigned")

    @only_where(lambda suite: suite.scenarios.signs_body)
    def test_tampered_delivery_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        _refused(lambda: verify(replace(delivery, body=delivery.body + b" "), account), "mismatch")

    def test_wrong_signature_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        other = self.vendor().sign(b"{}", at=delivery.received_at / SECOND)
        _refused(lambda: verify(replace(delivery, headers=dict(other)), account), "mismatch")

    @only_where(lambda suite: suite.scenarios.signs_time)
    def test_stale_delivery_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        for seconds in (-86_400, 86_400):
            _refused(lambda: verify(replace(delivery, received_at=later(delivery.received_at, seconds)), account), "stale")  # noqa: B023

    @only_where(lambda suite: suite.scenarios.without_secret is not None)
    def test_delivery_is_refused_when_no_secret_is_set(self) -> None:
        assert self.scenarios.without_secret is not None
        verify, delivery, _ = self.delivery()
        with pytest.raises((WebhookError, ConfigError)):
            verify(delivery, self.scenarios.without_secret)

    def delivery(self) -> tuple[Callable[[Delivery, Account], object], Delivery, Account]:
        webhook, vendor = self.webhook(), self.vendor()
        said = next(self.sample(one.sample) for one in self.connector.triggers if one.kinds)
        body, now = dumps(said["delivery"]), vendor.clock.now()
        headers = {name.lower(): value for name, value in vendor.sign(body, at=now / SECOND)}
        return webhook.verify, Delivery(headers=headers, body=body, query={}, received_at=Instant(now)), vendor.account()


def _refused(verify: Callable[[], object], reason: str) -> None:
    with pytest.raises(WebhookError) as caught:
        verify()
    assert caught.value.reason == reason
