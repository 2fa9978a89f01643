"""From an input to a message as mail programs read it; pure."""

import re
from base64 import b64decode
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from html import unescape
from mimetypes import guess_type
from typing import Final

from trunkline.model.connection import Account
from trunkline.model.errors import MappingError
from trunkline.model.ids import digest, fresh
from trunkline.model.json import JSON, JSONObject, as_list, as_object

_POLICY: Final = SMTP.clone(cte_type="7bit")
"""Nothing beyond ASCII leaves, so that every server takes it: not all of them know 8BITMIME or SMTPUTF8."""
_ADDRESS: Final = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_BREAKS: Final = re.compile(r"(?i)<br\s*/?>|</(p|div|h[1-6]|li|tr)>")
_UNSEEN: Final = re.compile(r"(?is)<(style|script|head)\b.*?</\1>|<[^>]+>")


def compose(input: JSONObject, account: Account, *, key: str | None) -> EmailMessage:
    """The message; raises `MappingError` naming the field that does not fit. `key` makes its Message-ID."""
    if not input.get("text") and not input.get("html"):
        raise MappingError("a message needs text or html", field="text")
    message = EmailMessage(policy=_POLICY)
    sender = _address(str(input.get("from") or account.options.get("from", "")), "from")
    message["From"] = sender
    for field, header in (("to", "To"), ("cc", "Cc"), ("reply_to", "Reply-To")):
        if given := _several(input.get(field), field):
            message[header] = given
    message["Subject"] = _line(str(input["subject"]), "subject")
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{digest(key or fresh('mail'))}@{sender.domain}>"
    html = input.get("html")
    message.set_content(str(input.get("text") or plain(str(html))))
    if html:
        message.add_alternative(str(html), subtype="html")
    for number, file in enumerate(map(as_object, as_list(input.get("attachments")))):
        _attach(message, file, f"attachments.{number}")
    return message


def addresses(input: JSONObject) -> tuple[str, ...]:
    """Everybody who gets it, once, in order: to, cc, bcc."""
    found = [address.addr_spec for field in ("to", "cc", "bcc") for address in _several(input.get(field), field)]
    return tuple(dict.fromkeys(found))


def plain(html: str) -> str:
    """The words of an HTML text, for programs that show none."""
    lines = unescape(_UNSEEN.sub("", _BREAKS.sub("\n", html))).splitlines()
    return "\n".join(line.strip() for line in lines if line.strip())


def _several(given: JSON, field: str) -> list[Address]:
    if given is None:
        return []
    return [_address(str(one), field) for one in (given if isinstance(given, list) else [given])]


def _address(given: str, field: str) -> Address:
    """`ada@example.com` or `Ada Palmer <ada@example.com>`; a line break would smuggle a header in and is refused."""
    name, address = parseaddr(_line(given, field))
    if not _ADDRESS.fullmatch(address) or not given.strip().endswith((f"<{address}>", address)) or given.count("@") != 1:
        raise MappingError(f"{field} is no e-mail address", field=field)
    local, _, domain = address.rpartition("@")
    if not local.isascii():
        raise MappingError(f"{field} has letters before the @ that e-mail cannot carry everywhere", field=field)
    try:
        return Address(name, local, domain if domain.isascii() else domain.encode("idna").decode())
    except (ValueError, IndexError) as exc:
        raise MappingError(f"{field} is no e-mail address", field=field) from exc


def _line(text: str, field: str) -> str:
    if "\n" in text or "\r" in text or "\0" in text:
        raise MappingError(f"{field} must be one line", field=field)
    return text


def _attach(message: EmailMessage, file: JSONObject, field: str) -> None:
    filename = _line(str(file.get("filename") or "file"), f"{field}.filename")
    content_type = str(file.get("content_type") or guess_type(filename)[0] or "application/octet-stream").split(";")[0]
    kind, slash, subtype = content_type.partition("/")
    if not slash or not kind.isalnum() or not subtype.isprintable():
        raise MappingError(f"{field}.content_type is no media type", field=f"{field}.content_type")
    try:
        data = b64decode(str(file["base64"]), validate=True) if "base64" in file else str(file.get("text", "")).encode()
    except ValueError as exc:
        raise MappingError(f"{field}.base64 is no base64", field=f"{field}.base64") from exc
    message.add_attachment(data, maintype=kind, subtype=subtype, filename=filename)
