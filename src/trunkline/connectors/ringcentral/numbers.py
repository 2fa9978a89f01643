"""Phone numbers in any spelling, as this vendor wants them: E.164, and without the plus in the filters of call logs."""

from typing import Final

from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult, format_number, is_possible_number_with_reason, parse

from trunkline.connect.inputs import is_e164
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
    written = "" if found is None else format_number(found, PhoneNumberFormat.E164)
    # What reads as another number once it is written (leading zeros that mean nothing) is none.
    steady = written and format_number(parse(written), PhoneNumberFormat.E164) == written
    # A number without its area can be dialled next door only, and an emergency number is nobody's.
    if not steady or found is None or is_possible_number_with_reason(found) != ValidationResult.IS_POSSIBLE or not is_e164(written):
        raise MappingError(f"{field} is no phone number", field=field, hint="Write it with its country: +1 555 555 0100.")
    return written


def without_plus(number: str, account: Account, *, field: str) -> str:
    """As the filters of call logs want it: with the plus they find nothing (facts page, trap 7)."""
    return e164(number, account, field=field).removeprefix("+")
