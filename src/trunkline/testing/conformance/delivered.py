"""Webhooks: only what the vendor signed, and signed now, is taken."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from trunkline.model.clock import SECOND, Instant, later
from trunkline.model.connection import Account
from trunkline.model.errors import ConfigError, WebhookError
from trunkline.model.http import Delivery
from trunkline.model.json import dumps
from trunkline.testing.conformance.stage import Stage


class Delivered(Stage):
    """The proof of a delivery."""

    def test_signed_delivery_is_taken(self) -> None:
        verify, delivery, account = self.delivery()
        assert verify(delivery, account) is not None

    def test_unsigned_delivery_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        _refused(lambda: verify(replace(delivery, headers={}), account), "unsigned")

    def test_tampered_delivery_is_refused(self) -> None:
        if not self.scenarios.signs_body:
            pytest.skip("the proof of this vendor covers no body")
        verify, delivery, account = self.delivery()
        _refused(lambda: verify(replace(delivery, body=delivery.body + b" "), account), "mismatch")

    def test_wrong_signature_is_refused(self) -> None:
        verify, delivery, account = self.delivery()
        other = self.make().sign(b"{}", at=delivery.received_at / SECOND)
        _refused(lambda: verify(replace(delivery, headers=dict(other)), account), "mismatch")

    def test_stale_delivery_is_refused(self) -> None:
        if not self.scenarios.signs_time:
            pytest.skip("the signature of this vendor covers no time")
        verify, delivery, account = self.delivery()
        for seconds in (-86_400, 86_400):
            _refused(lambda: verify(replace(delivery, received_at=later(delivery.received_at, seconds)), account), "stale")  # noqa: B023

    def test_delivery_is_refused_when_no_secret_is_set(self) -> None:
        if self.scenarios.without_secret is None:
            pytest.skip("this vendor publishes its key")
        verify, delivery, _ = self.delivery()
        with pytest.raises((WebhookError, ConfigError)):
            verify(delivery, self.scenarios.without_secret)

    def delivery(self) -> tuple[Callable[[Delivery, Account], object], Delivery, Account]:
        webhook, vendor = self.webhook(), self.make()
        said = next(self.sample(one.sample) for one in self.connector.triggers if one.kinds)
        body, now = dumps(said["delivery"]), vendor.clock.now()
        headers = {name.lower(): value for name, value in vendor.sign(body, at=now / SECOND)}
        return webhook.verify, Delivery(headers=headers, body=body, query={}, received_at=Instant(now)), vendor.account()


def _refused(verify: Callable[[], object], reason: str) -> None:
    with pytest.raises(WebhookError) as caught:
        verify()
    assert caught.value.reason == reason
