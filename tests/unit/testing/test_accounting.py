"""The account of what was held against the official descriptions."""

from collections.abc import Iterator

import pytest

from trunkline.testing.accounting import account, pytest_runtest_call
from trunkline.testing.tally import TALLIES, Tally, tally_in, tally_of


@pytest.fixture
def noted() -> Iterator[Tally]:
    """A tally that is nobody's once the test is over."""
    yield tally_of("shop")
    del TALLIES["shop"]


def test_test_in_which_an_answer_did_not_fit_fails(request: pytest.FixtureRequest, noted: Tally) -> None:
    noted.mismatches.append("GET /old: of a test before this one")
    call = pytest_runtest_call(request.node)
    next(call)
    noted.mismatches.append("GET /things: id: 7 is no text")
    with pytest.raises(AssertionError, match="GET /things: id") as caught:
        call.send(None)
    assert "/old" not in str(caught.value)
    noted.mismatches.clear()  # this test is under the same eyes


def test_test_in_which_every_answer_fits_passes(request: pytest.FixtureRequest) -> None:
    call = pytest_runtest_call(request.node)
    next(call)
    with pytest.raises(StopIteration):
        call.send(None)


def test_counts_of_processes_that_held_the_same_document_are_not_added_up() -> None:
    one = Tally(requests=2, answers=1, endpoints=5, operations=3, composed=1)
    one.add(Tally(requests=4, answers=4, mismatches=["x"], endpoints=5, operations=3, composed=1))
    assert one == Tally(requests=6, answers=5, mismatches=["x"], endpoints=5, operations=3, composed=1)


def test_account_has_a_line_for_each_described_vendor_and_names_the_others() -> None:
    head, *lines = account({"ghl": Tally(requests=1234, answers=1000, endpoints=667, operations=170, composed=130)})
    assert head.split()[:3] == ["connector", "endpoints", "operations"]
    assert [line.split()[0] for line in lines[:3]] == ["ghl", "openphone", "ringcentral"]
    assert lines[0].split()[4:9] == ["170", "130", "1,234", "1,000", "0"]
    assert lines[1].split()[1:4] == ["0", "of", "99"]
    assert "not beside this repository" in lines[-2]
    assert "slack" in lines[-1]
    assert "17hats" in lines[-1] or "seventeenhats" in lines[-1]


def test_fake_of_no_connector_is_not_counted(request: pytest.FixtureRequest) -> None:
    tally_in(request.path.parent).requests += 1
    assert request.path.parent.name not in TALLIES
