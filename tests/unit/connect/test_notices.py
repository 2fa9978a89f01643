"""What answers say of operations that will be taken away."""

from collections.abc import Mapping

import pytest

from trunkline.connect.notices import Notice, notice_in
from trunkline.model.clock import Instant, from_iso

RFC_9745 = {
    "deprecation": "@1688169599",
    "sunset": "Sun, 30 Jun 2024 23:59:59 UTC",
    "link": '<https://api.example.com/deprecation>; rel="deprecation"; type="text/html"',
}
"""The example in section 4 of RFC 9745, with the link of section 3."""


def said(headers: Mapping[str, str]) -> Notice | None:
    return notice_in(headers, connector="acme", operation="things.get")


def at(text: str) -> Instant:
    return from_iso(text)


def test_the_example_of_the_standard_is_read() -> None:
    assert said(RFC_9745) == Notice(
        connector="acme",
        operation="things.get",
        deprecated_at=at("2023-06-30T23:59:59Z"),
        sunset_at=at("2024-06-30T23:59:59Z"),
        link="https://api.example.com/deprecation",
    )


@pytest.mark.parametrize(
    ("headers", "deprecated_at", "sunset_at"),
    [
        ({"deprecation": "true"}, None, None),
        ({"deprecation": "?1"}, None, None),
        ({"deprecation": "@0"}, "1970-01-01T00:00:00Z", None),
        ({"deprecation": "@1688169599;x=1"}, "2023-06-30T23:59:59Z", None),
        ({"deprecation": "Fri, 11 Nov 2022 23:59:59 GMT"}, "2022-11-11T23:59:59Z", None),
        ({"sunset": "Sat, 31 Dec 2033 23:59:59 GMT"}, None, "2033-12-31T23:59:59Z"),
        ({"deprecation": "nonsense", "sunset": "Sat, 31 Dec 2033 23:59:59 GMT"}, None, "2033-12-31T23:59:59Z"),
        ({"deprecation": "@999999999999"}, None, None),
    ],
)
def test_a_notice_names_the_times_that_were_named(headers: Mapping[str, str], deprecated_at: str | None, sunset_at: str | None) -> None:
    notice = said(headers)
    assert notice is not None
    assert notice.deprecated_at == (None if deprecated_at is None else at(deprecated_at))
    assert notice.sunset_at == (None if sunset_at is None else at(sunset_at))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"link": RFC_9745["link"]},
        {"deprecation": ""},
        {"deprecation": "false"},
        {"deprecation": "?0"},
        {"deprecation": "@soon"},
        {"sunset": "some day"},
        {"sunset": "99999-99-99"},
    ],
)
def test_what_nobody_can_read_is_no_notice(headers: Mapping[str, str]) -> None:
    assert said(headers) is None


@pytest.mark.parametrize(
    ("header", "link"),
    [
        ('<https://a.example/sunset>; rel="sunset", <https://a.example/dep>; rel="deprecation"', "https://a.example/dep"),
        ("<https://a.example/v2>; rel=successor-version", "https://a.example/v2"),
        ('<https://a.example/x>; rel="next deprecation"', "https://a.example/x"),
        ('<https://a.example/?a=1,2>; REL="Deprecation"', "https://a.example/?a=1,2"),
        ('<https://a.example/x>; rel="next"', ""),
        ('</relative>; rel="deprecation"', ""),
        ('<javascript:alert(1)>; rel="deprecation"', ""),
        ('<https://a.example/\x1b[2J>; rel="deprecation"', ""),
        (f'<https://a.example/{"x" * 600}>; rel="deprecation"', ""),
        ("<<<;rel=", ""),
    ],
)
def test_the_link_is_one_a_person_can_open(header: str, link: str) -> None:
    notice = said({"deprecation": "true", "link": header})
    assert notice is not None
    assert notice.link == link
