"""Whether a vendor could deliver here: the hub is called at its own public address, by the way a delivery would come."""

from dataclasses import dataclass
from typing import Final

from trunkline.admin.desk import Desk
from trunkline.model.errors import AddressError, RemoteError
from trunkline.model.http import Request

PROBE: Final = "trunkline-probe"
"""A header: with it a GET of a webhook address asks whether that is one, and an answer has it when it is."""
PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why deliveries to an address do not arrive, and what to look at."""

    text: str
    hint: str


async def obstacle(desk: Desk, url: str) -> Obstacle | None:
    """What keeps deliveries to the webhook address `url` from a running hub; None when they arrive."""
    try:
        probe = Request(method="GET", url=url, headers=((PROBE, "1"),))
        answer = await desk.client.send(probe, base_url="", timeout_s=PATIENCE_S, write=False)
    except AddressError:
        return Obstacle(
            text="its public address is a private one, which no vendor reaches",
            hint="Set TRUNKLINE_PUBLIC_URL to one that the internet sees.",
        )
    except RemoteError as error:
        return Obstacle(text=error.message, hint="Is the hub running, and do the name, the certificate and the proxy lead to it?")
    if PROBE in answer.headers:
        return None
    return Obstacle(
        text=f"something else answers there, with {answer.status}",
        hint="Have the proxy pass everything below /hooks/ on to the hub as it is.",
    )
