"""What can be asked of a simulated vendor, as the bodies of its control API."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from trunkline.testing.endings import Ending

Order = TypeVar("Order")
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TakeContacts(_Strict):
    """Make the next `count` made-up people, or one contact of these `fields`."""

    count: int = Field(default=1, ge=1, le=10_000)
    fields: dict[str, Any] | None = None


class SpoilNext(_Strict):
    """Spoil coming answers, see `FakeVendor.next`."""

    route: str = "*"
    status: int | None = Field(default=None, ge=200, le=599)
    body: Any = None
    headers: dict[str, str] = {}
    after: bool = False
    ending: Ending = "answer"
    delay_s: float = Field(default=0, ge=0, le=600)
    times: int = Field(default=1, ge=1)


class SpoilMail(_Strict):
    """Spoil coming replies of a mail server: `verb` is `AUTH`, `MAIL`, `RCPT` or `DATA`."""

    verb: str = "*"
    reply: str | None = Field(default=None, pattern=r"^[2345]\d\d [ -~]+$")
    after: bool = False
    ending: Literal["answer", "drop", "hang"] = "answer"
    delay_s: float = Field(default=0, ge=0, le=600)
    times: int = Field(default=1, ge=1)


class SetRecipients(_Strict):
    """The reply by address that the mail server refuses."""

    refused: dict[str, Annotated[str, Field(pattern=r"^[45]\d\d [ -~]+$")]]


class SetToken(_Strict):
    """Whether the vendor accepts its token."""

    accepted: bool


class SetScopes(_Strict):
    """Scopes that the credential lacks."""

    refused: list[str]


class SendWebhook(_Strict):
    """An event to sign and deliver as it is."""

    body: Any


class SetWebhooks(_Strict):
    """Where deliveries go, how many coming ones are lost (`drop`), how often each is sent (`copies`), and the shares of `Faults`."""

    urls: list[str] | None = None
    drop: int | None = Field(default=None, ge=0)
    copies: int | None = Field(default=None, ge=0)
    lost: Share | None = None
    twice: Share | None = None
    late: Share | None = None
    late_s: float | None = Field(default=None, ge=0, le=600)


class TakeRelease(_Strict):
    """Send what was held back; `reverse` sends the newest first."""

    reverse: bool = False
