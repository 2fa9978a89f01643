"""Settings are read once and refused at once when they are wrong."""

from pathlib import Path

import pytest

from trunkline.model.errors import ConfigError
from trunkline.settings import from_environment


def test_nothing_given_gives_the_defaults() -> None:
    settings = from_environment({})
    assert (settings.host, settings.port, settings.retention_days, settings.retention_bytes) == ("127.0.0.1", 8400, 30, 2_000_000_000)
    assert settings.address == "http://127.0.0.1:8400"


def test_the_command_line_comes_before_the_environment(tmp_path: Path) -> None:
    settings = from_environment({"TRUNKLINE_HOME": "/elsewhere", "TRUNKLINE_PORT": "9"}, home=tmp_path, port=7)
    assert (settings.home, settings.port) == (tmp_path, 7)


@pytest.mark.parametrize(
    ("name", "value"),
    [("TRUNKLINE_PORT", "http"), ("TRUNKLINE_PORT", "70000"), ("TRUNKLINE_RETENTION_DAYS", "-1"), ("TRUNKLINE_BACKLOG", "nan")],
)
def test_a_wrong_setting_names_its_variable_and_its_range(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name) as caught:
        from_environment({name: value})
    assert "from" in caught.value.hint
    assert caught.value.place == name


def test_hosts_and_public_address_are_taken_as_written() -> None:
    settings = from_environment({"TRUNKLINE_ALLOW_HOSTS": "10.0.0.5, crm.local:8080,", "TRUNKLINE_PUBLIC_URL": "https://hub.example/"})
    assert settings.allow_hosts == ("10.0.0.5", "crm.local:8080")
    assert settings.address == "https://hub.example"


@pytest.mark.parametrize("token", ["short", "with an é among sixteen"])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(token: str) -> None:
    with pytest.raises(ConfigError, match="TRUNKLINE_METRICS_TOKEN") as caught:
        from_environment({"TRUNKLINE_METRICS_TOKEN": token})
    assert token not in caught.value.message + caught.value.hint


def test_a_token_is_in_no_repr() -> None:
    settings = from_environment({"TRUNKLINE_METRICS_TOKEN": "0123456789abcdef"})
    assert settings.metrics_token == "0123456789abcdef"
    assert "0123456789abcdef" not in repr(settings)
