"""Every exception of the HTTP library has a meaning."""

import inspect

import pytest
from pyreqwest import exceptions
from pyreqwest.exceptions import DetailedPyreqwestError, PyreqwestError

from trunkline.connect.client import translate
from trunkline.model.errors import OutcomeUnknownError, RejectedError, RemoteError, UnavailableError

SECRET_URL = {"message": "error sending request for url (https://a.example/?token=sk-12345)"}
NEVER_CONNECTED = {"message": "client error (Connect)"}
SENT = {"message": "client error (SendRequest)"}

CLASSES = [one for _, one in inspect.getmembers(exceptions, inspect.isclass) if issubclass(one, PyreqwestError)]
NOT_SENT = {"PoolTimeoutError": UnavailableError, "BuilderError": RejectedError}


def made(kind: type[PyreqwestError], *causes: dict[str, str]) -> PyreqwestError:
    if not issubclass(kind, DetailedPyreqwestError):
        return kind("it broke")
    details = {"causes": [SECRET_URL, *causes, {"message": "it broke"}], "status": 500, "doc": "", "pos": 0}
    return kind("it broke", details)  # pyright: ignore[reportArgumentType]  # each class reads the details it knows


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_exception_of_a_write_counts_as_sent_unless_it_surely_was_not(kind: type[PyreqwestError]) -> None:
    error = translate(made(kind, SENT), write=True)
    assert type(error) is NOT_SENT.get(kind.__name__, OutcomeUnknownError)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_exception_of_a_read_is_worth_another_try(kind: type[PyreqwestError]) -> None:
    assert type(translate(made(kind, SENT), write=False)) is NOT_SENT.get(kind.__name__, UnavailableError)


@pytest.mark.parametrize("kind", [exceptions.ConnectError, exceptions.ConnectTimeoutError], ids=lambda kind: kind.__name__)
def test_connection_that_was_never_made_sent_nothing(kind: type[PyreqwestError]) -> None:
    assert type(translate(made(kind, NEVER_CONNECTED), write=True)) is UnavailableError


@pytest.mark.parametrize("error", [OSError("x"), ConnectionResetError("x"), TimeoutError("x")], ids=repr)
def test_error_of_the_system_counts_as_sent(error: OSError) -> None:
    assert type(translate(error, write=True)) is OutcomeUnknownError
    assert type(translate(error, write=False)) is UnavailableError


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_address_and_what_it_holds_never_show(kind: type[PyreqwestError]) -> None:
    for causes in ((), (SENT,), (NEVER_CONNECTED,)):
        error: RemoteError = translate(made(kind, *causes), write=True)
        assert "sk-12345" not in f"{error} {error!r} {error.hint}"
