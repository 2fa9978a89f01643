"""Phone numbers in any spelling, as this vendor wants them: E.164, and without the plus in the filters of call logs."""

from typing import Final

from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_possible_number, parse

from trunkline.model.connection import Account
from trunkline.model.errors import MappingError
from trunkline.model.schema import Schema, text

NUMBER: Final[Schema] = text("A phone number in any spelling; one without a country is of the connection's country", min_length=1)
_USUAL_COUNTRY: Final = "US"


def e164(number: str, account: Account, *, field: str) -> str:
    """`+15555550100`; raises `MappingError` for what is no number."""
    country = account.options.get("country")
    try:
        found = parse(number, country if isinstance(country, str) else _USUAL_COUNTRY)
    except NumberParseException:
        found = None
    if found is None or not is_possible_number(found):
        raise MappingError(f"{field} is no phone number", field=field, hint="Write it with its country: +1 555 555 0100.")
    return format_number(found, PhoneNumberFormat.E164)


def without_plus(number: str, account: Account, *, field: str) -> str:
    """As the filters of call logs want it: with the plus they find nothing (facts page, trap 7)."""
    return e164(number, account, field=field).removeprefix("+")
