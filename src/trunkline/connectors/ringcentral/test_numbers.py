"""Phone numbers of any country in any spelling; what is none never leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.connect.inputs import is_e164
from trunkline.connectors.ringcentral.numbers import e164, without_plus
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import MappingError


def _of(country: str | None) -> Account:
    return Account(options={"country": country} if country else {}, credential=Credential())


@pytest.mark.parametrize(
    ("number", "country", "written"),
    [
        ("(555) 555-0101", None, "+15555550101"),
        ("tel:+1-555-555-0101", "GB", "+15555550101"),
        ("1-800-FLOWERS", None, "+18003569377"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("0044 20 7946 0958", "GB", "+442079460958"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("030 901820", "DE", "+4930901820"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+39 06 6982", None, "+39066982"),
        ("(11) 91234-5678", "BR", "+5511912345678"),
        ("٠٥٠ ١٢٣ ٤٥٦٧", "AE", "+971501234567"),
        ("＋１５５５５５５０１００", "JP", "+15555550100"),  # as a Japanese keyboard writes digits
    ],
)
def test_number_is_that_of_its_country(number: str, country: str | None, written: str) -> None:
    assert e164(number, _of(country), field="to") == written
    assert without_plus(number, _of(country), field="to") == written[1:]


@pytest.mark.parametrize(
    ("number", "country"),
    [
        *[(number, None) for number in ("555-0101", "911", "12345", "", "+", "nobody", "Anonymous", "+999999999999999999", "0" * 300)],
        ("112", "DE"),
        ("555-555-0101", "ZZ"),
    ],
)
def test_what_is_no_whole_number_never_leaves(number: str, country: str | None) -> None:
    with pytest.raises(MappingError) as caught:
        e164(number, _of(country), field="to")
    assert caught.value.field == "to"
    assert len(number) < 3 or number not in str(caught.value)


@given(st.one_of(st.text(), st.from_regex(r"[+0-9() .\\-]{1,20}", fullmatch=True)), st.sampled_from([None, "GB", "DE", "BR", "JP"]))
def test_a_text_is_a_whole_number_or_refused(number: str, country: str | None) -> None:
    try:
        written = e164(number, _of(country), field="to")
    except MappingError:
        return
    assert is_e164(written)
    assert e164(written, _of("FR"), field="to") == written
