"""The vendors of the benchmark count strictly, by the connectors' own limits, and budgets keep them for some seconds at full speed."""

from bench.budgets import measure, table
from bench.limits import LIMITS, Bucket, Vendors
from trunkline import connectors
from trunkline.connect.registry import Registry


def test_the_limits_of_the_vendors_are_those_of_the_connectors() -> None:
    registry = Registry.discover(connectors.__name__)
    for name, groups in LIMITS.items():
        declared = {(limit.group, limit.calls, limit.per_s) for limit in registry.connector(name).limits}
        assert {(group, calls, per_s) for group, (calls, per_s) in groups.items()} <= declared


def test_a_call_over_the_limit_of_any_window_is_refused_and_not_counted() -> None:
    bucket = Bucket(2, 10)
    assert [bucket.take(now) for now in (0, 1, 9.9, 10, 10.5, 11)] == [1, 0, -1, 0, -1, 0]
    assert (bucket.taken, bucket.refused) == (4, 2)
    vendors = Vendors()
    answers = [vendors.answer("/openphone/", "a") for _ in range(11)]
    assert answers[9].startswith(b"HTTP/1.1 200")
    assert answers[10].startswith(b"HTTP/1.1 429")
    assert vendors.answer("/openphone/", "b").startswith(b"HTTP/1.1 200"), "each location has its own"


def test_no_call_is_refused_and_the_limits_are_used_for_five_seconds() -> None:
    measured = measure(locations=5, seconds=5)
    assert measured.refused == 0, table(measured)
    assert measured.share >= 0.8, table(measured)
