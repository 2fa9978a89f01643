"""E-mail against a real SMTP conversation on a loopback port."""

from base64 import b64encode
from pathlib import Path

import pytest

from trunkline.connect.budget import Budget
from trunkline.connect.client import Client
from trunkline.connect.inputs import check
from trunkline.connect.memory import Memory
from trunkline.connect.session import Session
from trunkline.connectors.email import connector
from trunkline.connectors.email.connector import SEND, server_of
from trunkline.connectors.email.fake import PASSWORD, FakeMail
from trunkline.connectors.email.message import compose, plain
from trunkline.model.clock import SystemClock
from trunkline.model.connection import Account, Credential
from trunkline.model.errors import (
    ConfigError,
    MappingError,
    OutcomeUnknownError,
    ReconnectError,
    RejectedError,
    RemoteError,
    UnavailableError,
)
from trunkline.model.json import JSONObject, as_object, loads
from trunkline.testing.conformance import conformance

TestEmail = conformance(connector, folder=Path(__file__).parent)

INPUT: JSONObject = {"to": "Ada Palmer <ada@example.com>", "subject": "Your quote", "text": "Here it is."}
GONE, LATER = "550 5.1.1 nobody here by that name", "450 4.7.1 greylisted, come again"
ACCOUNT = Account(options={"from": "Hub <hub@example.com>"}, credential=Credential())


def session(account: Account, key: str | None = None) -> Session:
    clock = SystemClock()
    return Session(
        connector=connector, account=account, client=Client(), budget=Budget((), clock), memory=Memory(clock), clock=clock, key=key
    )


async def test_message_arrives_with_everything_in_it() -> None:
    async with FakeMail().serving() as server:
        answer = await session(server.account(security="starttls"), key="eff_1").call(
            SEND,
            {
                "to": ["ada@example.com", "Ben <ben@example.com>"],
                "cc": "cy@example.com",
                "bcc": "dee@example.com",
                "reply_to": "desk@example.com",
                "subject": "Grüße & more",
                "html": "<p>Hello</p><p>World</p>",
                "attachments": [{"filename": "q.txt", "text": "forty"}, {"filename": "p.png", "base64": "AAEC"}],
            },
        )
    taken = server.taken[0]
    assert taken.sender == "hub@example.com"
    assert taken.recipients == ["ada@example.com", "ben@example.com", "cy@example.com", "dee@example.com"]
    assert taken.message["Subject"] == "Grüße & more"
    assert taken.message["Bcc"] is None
    assert taken.message["Reply-To"] == "desk@example.com"
    body = taken.message.get_body(("plain",))
    assert body is not None
    assert body.get_content().split() == ["Hello", "World"]
    assert [part.get_filename() for part in taken.message.iter_attachments()] == ["q.txt", "p.png"]
    assert as_object(answer)["accepted"] == ["ada@example.com", "ben@example.com", "cy@example.com", "dee@example.com"]


async def test_sample_is_a_message_that_arrives() -> None:
    sample = as_object(loads((Path(__file__).parent / "samples" / str(SEND.sample)).read_bytes()))
    async with FakeMail().serving() as server:
        answer = await session(server.account(security="starttls"), key="eff_1").call(SEND, as_object(sample["input"]))
        check(SEND.output, answer)
        assert len(server.taken) == 1


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
async def test_each_kind_of_security_works(security: str) -> None:
    file = bytes(range(256)) * 2_000
    attached: JSONObject = {"filename": "much.bin", "base64": b64encode(file).decode()}
    async with FakeMail().serving(tls=security == "tls") as server:
        await session(server.account(security=security)).call(SEND, {**INPUT, "attachments": [attached]})
        assert len(server.taken) == server.logins == 1
        (part,) = server.taken[0].message.iter_attachments()
        assert part.get_content() == file


async def test_unknown_certificate_is_refused_before_the_password_is_told() -> None:
    async with FakeMail().serving() as server:
        known = server.account(security="starttls")
        stranger = Account(options={**known.options, "certificate": ""}, credential=known.credential)
        with pytest.raises(UnavailableError, match="certificate"):
            await session(stranger).call(SEND, INPUT)
        assert server.logins == 0


async def test_repeat_of_an_effect_is_the_same_message() -> None:
    async with FakeMail().serving() as server:
        first = await session(server.account(), key="eff_1").call(SEND, INPUT)
        again = await session(server.account(), key="eff_1").call(SEND, INPUT)
        other = await session(server.account(), key="eff_2").call(SEND, INPUT)
    assert as_object(first)["message_id"] == as_object(again)["message_id"] != as_object(other)["message_id"]


async def test_lost_answer_to_a_message_is_an_unknown_outcome() -> None:
    async with FakeMail().serving() as server:
        server.next("DATA", after=True, ending="drop")
        with pytest.raises(OutcomeUnknownError):
            await session(server.account()).call(SEND, INPUT)
        assert len(server.taken) == 1


@pytest.mark.parametrize("verb", ["EHLO", "AUTH", "MAIL", "RCPT"])
async def test_connection_that_is_cut_before_the_message_left_is_surely_not_done(verb: str) -> None:
    async with FakeMail().serving() as server:
        server.next(verb, ending="drop")
        with pytest.raises(UnavailableError) as caught:
            await session(server.account()).call(SEND, INPUT)
        assert type(caught.value) is UnavailableError
        assert server.taken == []


async def test_server_without_tls_gets_neither_password_nor_message() -> None:
    async with FakeMail(offers=("AUTH PLAIN LOGIN",)).serving() as server:
        with pytest.raises(UnavailableError, match="STARTTLS"):
            await session(server.account(security="starttls")).call(SEND, INPUT)
        assert set(server.commands) <= {"EHLO", "QUIT"}


async def test_certificate_of_another_name_is_refused() -> None:
    async with FakeMail().serving() as server:
        known = server.account(security="starttls")
        other = Account(options={**known.options, "host": "localhost"}, credential=known.credential)
        with pytest.raises(UnavailableError, match="certificate"):
            await session(other).call(SEND, INPUT)
        assert server.logins == 0


async def test_lines_that_look_like_the_end_arrive_as_they_are() -> None:
    words = "first\n.\n..\n.hidden\nQUIT\n" + "x" * 3_000
    async with FakeMail().serving() as server:
        await session(server.account()).call(SEND, {**INPUT, "text": words})
        assert server.taken[0].message.get_content().splitlines() == words.splitlines()
        assert len(server.taken) == 1


async def test_message_is_ascii_on_the_wire_and_whole_when_it_is_read() -> None:
    async with FakeMail().serving() as server:
        sent = {**INPUT, "to": "Zoë <zoe@exämple.com>", "subject": "Grüße", "text": "Schöne Grüße", "html": "<p>Schöne Grüße</p>"}
        await session(server.account()).call(SEND, sent)
    taken = server.taken[0]
    assert taken.recipients == ["zoe@xn--exmple-cua.com"]
    assert taken.message.as_bytes().isascii()
    body = taken.message.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<p>Schöne Grüße</p>"
    assert taken.message["To"].addresses[0].display_name == "Zoë"


@pytest.mark.parametrize(
    ("verb", "reply", "means"),
    [
        ("AUTH", "535 5.7.8 no", ReconnectError),
        ("AUTH", "454 4.7.0 later", UnavailableError),
        ("MAIL", "451 4.3.0 later", UnavailableError),
        ("MAIL", "550 5.7.1 not you", RejectedError),
        ("RCPT", "450 4.2.1 full", UnavailableError),
        ("RCPT", "550 5.1.1 nobody", RejectedError),
        ("DATA", "451 4.3.0 later", UnavailableError),
        ("DATA", "554 5.6.0 spam", RejectedError),
    ],
)
async def test_refusal_means(verb: str, reply: str, means: type[RemoteError]) -> None:
    async with FakeMail().serving() as server:
        server.next(verb, reply=reply, times=3)  # a login is tried in each way the server offers
        with pytest.raises(means) as caught:
            await session(server.account()).call(SEND, INPUT)
        assert type(caught.value) is means
        assert server.taken == []


async def test_server_that_is_not_there_is_unavailable() -> None:
    server = FakeMail(port=1)
    with pytest.raises(UnavailableError):
        await session(server.account()).call(SEND, INPUT)


async def test_some_recipients_refused_are_told_and_the_others_get_it() -> None:
    async with FakeMail(refuse_recipients={"gone@example.com": GONE}).serving() as server:
        answer = as_object(await session(server.account()).call(SEND, {**INPUT, "to": ["ada@example.com", "gone@example.com"]}))
    assert answer["accepted"] == ["ada@example.com"]
    assert "550" in str(as_object(answer["refused"])["gone@example.com"])
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    ("replies", "means"),
    [((LATER, LATER), UnavailableError), ((GONE, LATER), UnavailableError), ((GONE, GONE), RejectedError)],
)
async def test_message_that_nobody_took_is_tried_again_when_one_of_them_may_take_it_later(
    replies: tuple[str, str], means: type[RemoteError]
) -> None:
    to = ("ada@example.com", "ben@example.com")
    async with FakeMail(refuse_recipients=dict(zip(to, replies, strict=True))).serving() as server:
        with pytest.raises(means) as caught:
            await session(server.account()).call(SEND, {**INPUT, "to": [*to]})
        assert type(caught.value) is means
        assert server.taken == []


async def test_check_logs_in_and_sends_nothing() -> None:
    assert connector.check is not None
    async with FakeMail().serving() as server:
        await session(server.account()).call(connector.check, {})
        assert (server.logins, server.taken) == (1, [])
    wrong = Account(options=server.account().options, credential=Credential({"username": "mailer", "password": "wrong-password"}))
    async with FakeMail().serving(port=server.port):
        with pytest.raises(ReconnectError) as caught:
            await session(wrong).call(connector.check, {})
        assert "wrong-password" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "nobody"),
        ("to", "a@b@c"),
        ("to", "a@example.com\r\nBcc: all@example.com"),
        ("subject", "x\nBcc: all@example.com"),
        ("reply_to", "a@example.com, b@example.com;"),
        ("from", "x"),
        ("to", "ädä@example.com"),
        ("to", "a@" + "ä" * 80 + ".com"),
    ],
)
def test_what_would_break_the_message_is_refused(field: str, value: str) -> None:
    with pytest.raises(MappingError) as caught:
        compose({**INPUT, field: value}, ACCOUNT, key=None)
    assert caught.value.field == field


def test_message_without_content_is_refused() -> None:
    with pytest.raises(MappingError):
        compose({"to": "a@example.com", "subject": "x"}, ACCOUNT, key=None)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ({"filename": "a\r\nBcc: all@example.com", "text": "x"}, "filename"),
        ({"filename": "a", "text": "x", "content_type": "text/x\r\nBcc: all@example.com"}, "content_type"),
        ({"filename": "a", "text": "x", "content_type": "nonsense"}, "content_type"),
    ],
)
def test_attachment_smuggles_no_header_in(file: JSONObject, field: str) -> None:
    with pytest.raises(MappingError) as caught:
        compose({**INPUT, "attachments": [file]}, ACCOUNT, key=None)
    assert caught.value.field == f"attachments.0.{field}"


def test_bad_attachment_names_its_place() -> None:
    with pytest.raises(MappingError) as caught:
        compose({**INPUT, "attachments": [{"filename": "a", "base64": "!"}]}, ACCOUNT, key=None)
    assert caught.value.field == "attachments.0.base64"


def test_password_is_not_sent_in_clear() -> None:
    account = Account(
        options={"host": "mail.example.com", "security": "none", "from": "a@example.com"},
        credential=Credential({"username": "u", "password": PASSWORD}),
    )
    with pytest.raises(ConfigError):
        server_of(account)
    assert PASSWORD not in repr(server_of(Account(options={**account.options, "security": "tls"}, credential=account.credential)))


def test_words_of_html_are_kept() -> None:
    assert plain("<style>p{}</style><p>A &amp; B</p><br>C<script>x</script>") == "A & B\nC"
