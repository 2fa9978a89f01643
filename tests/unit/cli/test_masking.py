"""Secrets never reach the log, however they are written."""

import json
import logging
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from trunkline.cli import logs
from trunkline.cli.masking import MASK, masked, masked_value

SECRET = "s3cr3t-0f-the-house"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"authorization={SECRET}",
        f'{{"authorization": "Basic {SECRET}"}}',
        f"GET /x?token={SECRET}&page=2",
        f'{{"access_token": "{SECRET}", "a": 1}}',
        f"client_secret={SECRET}",
        f"refresh_token: {SECRET}",
        f"api_key={SECRET}",
        f"password={SECRET}",
        f"sent with bearer {SECRET}",
        f"the token pit-{SECRET} is refused",
        f"signed with whsec_{SECRET}",
        f"postgresql://hub:{SECRET}@db.example/trunkline",
    ],
)
def test_a_secret_is_masked_however_it_is_written(text: str) -> None:
    assert SECRET not in masked(text)
    assert MASK in masked(text)


@pytest.mark.parametrize(
    "text", ["a run waits for the database", "12 tokens left of 40", "POST /v1/contacts answered 429", "run_abcdefgh failed"]
)
def test_words_that_are_no_secret_stay(text: str) -> None:
    assert masked(text) == text


@given(
    st.text(alphabet="0123456789", min_size=12, max_size=40),
    st.sampled_from(["token", "authorization", "password"]),
)
def test_what_lies_under_a_secrets_name_is_hidden_whatever_it_looks_like(secret: str, name: str) -> None:
    assert secret not in str(masked_value({"outer": [{name: secret}, {"text": f"{name}={secret}"}]}))


@given(st.text())
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = masked(text)
    assert masked(once) == once


@pytest.fixture
def restored_logs() -> Any:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.mark.usefixtures("restored_logs")
def test_no_log_path_tells_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(logs.LogLevel.debug)
    log = structlog.get_logger()

    log.info(f"refused token={SECRET}", action="test", header={"authorization": SECRET}, token=SECRET, words=[f"Bearer {SECRET}"])
    logging.getLogger("a.library").warning("Authorization: Bearer %s", SECRET)
    try:
        raise ValueError(f"bad password={SECRET}")
    except ValueError:
        log.exception("a fault", action="test")

    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.err.splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "error"]
    assert "ValueError" in lines[2]["exception"]
    assert SECRET not in captured.err
    assert captured.out == ""


@pytest.mark.usefixtures("restored_logs")
def test_lines_below_the_level_are_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(logs.LogLevel.error)
    structlog.get_logger().warning("not told")
    structlog.get_logger().error("told")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["told"]
