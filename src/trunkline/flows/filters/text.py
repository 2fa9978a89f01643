"""Filters for text."""

import re
import unicodedata
from typing import Any

from trunkline.flows.filters.declaring import MAX_TEXT, MisfitError, filtering, limited, text_of, word_of

_TEXT = ("text", "number")
_STRING = ("string",)


def _argument(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise MisfitError(f"{what} must be text, not {word_of(value)}")
    return value


def count_of(value: object, what: str, *, least: int = 0, most: int = 10_000) -> int:
    """A whole number argument within its bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MisfitError(f"{what} must be a whole number from {least} to {most:,}")
    return value


@filtering(_TEXT, _STRING, example=("'Ann Lee' | lower", "ann lee"))
def lower(value: Any) -> str:
    """Lower-case letters."""
    return text_of(value).lower()


@filtering(_TEXT, _STRING, example=("'ann' | upper", "ANN"))
def upper(value: Any) -> str:
    """Upper-case letters."""
    return text_of(value).upper()


@filtering(_TEXT, _STRING, example=("'ann lee' | capitalize", "Ann lee"))
def capitalize(value: Any) -> str:
    """The first letter in upper case, the others in lower case."""
    return text_of(value).capitalize()


@filtering(_TEXT, _STRING, name="title_case", example=('"ann o\'neil-smith" | title_case', "Ann O'Neil-Smith"))
@filtering(_TEXT, _STRING, example=("'ann lee' | title", "Ann Lee"))
def title(value: Any) -> str:
    """Each word with an upper-case first letter; `O'Neil` and hyphens are names too, a possessive `'s` is not."""
    words = re.sub(r"[^\W\d_]+", lambda match: match.group().capitalize(), text_of(value))
    return re.sub(r"(?<=\w['’])S\b", "s", words)


@filtering(_TEXT, _STRING, example=("'  Ann ' | trim", "Ann"))
def trim(value: Any, characters: Any = None) -> str:
    """Without space (or the given characters) at both ends."""
    return text_of(value).strip(None if characters is None else _argument(characters, "`characters`"))


@filtering(_TEXT, _STRING, example=("' Ann \n Lee ' | squeeze", "Ann Lee"))
def squeeze(value: Any) -> str:
    """Runs of white space become one space, and none stays at the ends."""
    return " ".join(text_of(value).split())


@filtering(_TEXT, _STRING, example=("'a-b-c' | replace('-', '+')", "a+b+c"))
def replace(value: Any, old: Any, new: Any) -> str:
    """Every `old` becomes `new`."""
    text, before, after = text_of(value), _argument(old, "`old`"), text_of(new if new is not None else "")
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_TEXT:
        raise MisfitError(f"the text would be longer than {MAX_TEXT:,} characters")
    return text.replace(before, after) if before else text


@filtering(_TEXT, ("array",), example=("'a, b,c' | split(',')", ["a", " b", "c"]))
def split(value: Any, by: Any = None, most: Any = None) -> list[str]:
    """The parts between each `by`; without it, the words. At most `most` cuts when that is given."""
    separator = None if by is None else _argument(by, "`by`")
    if separator == "":
        raise MisfitError("`by` must not be empty")
    return text_of(value).split(separator, -1 if most is None else count_of(most, "`most`"))


@filtering(_TEXT, ("array",), example=("'a\nb' | lines", ["a", "b"]))
def lines(value: Any) -> list[str]:
    """The lines of a text."""
    return text_of(value).splitlines()


@filtering(_TEXT, _STRING, example=("'A long story' | truncate(8)", "A long…"))
def truncate(value: Any, length: Any = 255, end: Any = "…") -> str:
    """At most `length` characters; what is cut ends with `end`, between words where that keeps half or more."""
    text, tail = text_of(value), _argument(end, "`end`")
    room = count_of(length, "`length`", least=1, most=MAX_TEXT)
    if len(text) <= room:
        return text
    kept = text[: max(room - len(tail), 0)]
    between_words = kept.rpartition(" ")[0].rstrip()
    follows = text[len(kept) : len(kept) + 1]
    return (between_words if not follows.isspace() and len(between_words) * 2 >= len(kept) else kept.rstrip()) + tail[:room]


@filtering(_TEXT, _STRING, example=("'(415) 555-2671' | digits", "4155552671"))
def digits(value: Any) -> str:
    """Only the digits 0 to 9."""
    return "".join(char for char in text_of(value) if "0" <= char <= "9")


@filtering(_TEXT, _STRING, example=("'Ann Mary Lee' | initials", "AML"))
def initials(value: Any) -> str:
    """The first letter of each word, in upper case."""
    return "".join(word[0].upper() for word in text_of(value).split())


@filtering(_TEXT, _STRING, example=("'Søren & Ann: new!' | slug", "soren-ann-new"))
def slug(value: Any) -> str:
    """Lower-case ASCII letters and digits with single hyphens between."""
    spelled = text_of(value).translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode("ascii").lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))


_SPELLED = str.maketrans(
    {"ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L"}
)


@filtering(_TEXT, ("boolean",), example=("'ann@acme.com' | ends_with('.com')", True))
def ends_with(value: Any, end: Any) -> bool:
    """Whether the text ends so."""
    return text_of(value).endswith(_argument(end, "`end`"))


@filtering(_TEXT, ("boolean",), example=("'+1415' | starts_with('+')", True))
def starts_with(value: Any, start: Any) -> bool:
    """Whether the text starts so."""
    return text_of(value).startswith(_argument(start, "`start`"))


@filtering(_TEXT, _STRING, example=("'ann@acme.com' | after('@')", "acme.com"))
def after(value: Any, mark: Any) -> str:
    """What follows the first `mark`; empty when there is none."""
    return text_of(value).partition(_mark(mark))[2]


@filtering(_TEXT, _STRING, example=("'ann@acme.com' | before('@')", "ann"))
def before(value: Any, mark: Any) -> str:
    """What precedes the first `mark`; everything when there is none."""
    return text_of(value).partition(_mark(mark))[0]


def _mark(mark: object) -> str:
    text = _argument(mark, "`mark`")
    if not text:
        raise MisfitError("`mark` must not be empty")
    return text


@filtering(_TEXT, _STRING, example=("'7' | pad(3, '0')", "007"))
def pad(value: Any, length: Any, fill: Any = " ") -> str:
    """At least `length` characters, filled at the start."""
    filler = _argument(fill, "`fill`")
    if len(filler) != 1:
        raise MisfitError("`fill` must be one character")
    return text_of(value).rjust(count_of(length, "`length`"), filler)


@filtering(_TEXT, _STRING, example=("'<b>Hi</b> &amp; bye' | strip_tags", "Hi &amp; bye"))
def strip_tags(value: Any) -> str:
    """Without what stands between `<` and `>`; for reading, not for safety."""
    return re.sub(r"<[^<>]*>", "", text_of(value))


@filtering(("text", "number", "boolean"), _STRING, example=("12 | string", "12"))
def string(value: Any) -> str:
    """The value as text; true and false in lower case."""
    return ("true" if value else "false") if isinstance(value, bool) else limited(text_of(value))


@filtering(_TEXT, _STRING, example=("' Ann@Acme.COM ' | email", "ann@acme.com"))
def email(value: Any) -> str | None:
    """An e-mail address trimmed and in lower case; null for empty text; an error for text that is none."""
    address = text_of(value).strip().lower()
    if address and not is_email(address):
        raise MisfitError("the text is no e-mail address")
    return address or None


@filtering(_TEXT, ("string", "null"), example=("'nobody' | email_or_null", None))
def email_or_null(value: Any) -> str | None:
    """Like `email`, but null for text that is no address."""
    address = text_of(value).strip().lower()
    return address if is_email(address) else None


def is_email(address: str) -> bool:
    """Whether text looks like an address: one @, something before it, a domain with a dot after it, no space."""
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    return bool(
        at
        and local
        and "@" not in local
        and len(address) <= 254
        and len(labels) > 1
        and all(labels)
        and not re.search(r"[\s<>,;]", address)
    )
