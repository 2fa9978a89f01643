"""What is sent: a JSON body, and three headers that prove where it comes from."""

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import Final

from trunkline.connect.given import address, headers_of
from trunkline.connect.signatures import standard_keys
from trunkline.model.clock import SECOND, Instant
from trunkline.model.connection import Account
from trunkline.model.errors import MappingError
from trunkline.model.http import Pairs, Request, Response
from trunkline.model.json import JSON, JSONObject, as_object, dumps, loads

ID_HEADER: Final = "webhook-id"
_OURS: Final = frozenset(("content-type", ID_HEADER, "webhook-timestamp", "webhook-signature"))
_MOST_ANSWER: Final = 10_000


def request(input: JSONObject, account: Account) -> Request:
    """The unsigned request; raises `MappingError` for an address or a header that cannot be sent."""
    url = input.get("url") or account.options.get("url")
    if not url:
        raise MappingError("url is missing", field="url", hint="Give it here, or as the connection's option url.")
    data = input["data"]
    headers = headers_of(as_object(input.get("headers")), but=_OURS)
    # NOTE: no timestamp in the body: every repeat must be the same bytes, and the time stands in the header.
    body: JSON = {"type": input["type"], "data": data} if "type" in input else data
    return Request(method="POST", url=address(str(url)), headers=(("content-type", "application/json"), *headers), body=dumps(body))


def sign(request: Request, account: Account, id: str, now: Instant) -> Pairs:
    """Standard Webhooks, "Signature scheme": HMAC-SHA256 of id, time in seconds and body; unsigned when there is no secret.

    Of several secrets, with blanks between them, each signs: so that a receiver may change from the old one to the new at any time.
    """
    secret = account.credential.get("signing_secret")
    if not secret:
        return ()
    stamp = str(now // SECOND)
    signed = b".".join((id.encode(), stamp.encode(), request.body or b""))
    signatures = [b64encode(hmac.digest(one, signed, sha256)).decode() for one in standard_keys(secret)]
    return (("webhook-timestamp", stamp), ("webhook-signature", " ".join(f"v1,{one}" for one in signatures)))


def answer(response: Response) -> JSON:
    """Status and body; a receiver need not answer JSON."""
    try:
        body = loads(response.body) if response.body else None
    except ValueError:
        body = response.body[:_MOST_ANSWER].decode("utf-8", "replace")
    return {"status": response.status, "body": body}
