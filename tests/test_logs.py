"""What the log says of an error, and what it never says of the people and the secrets in it."""

from __future__ import annotations

import base64
import copy
import json
import logging
import logging.config
from typing import Any

import pytest
import structlog
from django.db import IntegrityError, connection, transaction
from django.http import StreamingHttpResponse

from accounts.capabilities import Role
from customers.models import Customer
from fluentcart import watch
from fluentcart.scrubbing import clean
from tests.accounts.factories import UserFactory, issue
from tests.callers import V2
from tests.customers.factories import CustomerFactory

EMAIL, PASSWORD, BEARER = "vera.private@example.net", "Correct-Horse-Battery", "abcdef0123456789token"
SECRETS = (EMAIL, "vera.private", PASSWORD, BEARER)


class Lines(logging.Handler):
    """Keeps what a handler of the settings would have written."""

    def __init__(self, model: logging.Handler) -> None:
        super().__init__()
        self.setFormatter(model.formatter)
        for each in model.filters:
            self.addFilter(each)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Other handlers of the tests keep the traceback that they formatted with the record.
        kept = copy.copy(record)
        kept.exc_text = None
        self.lines.append(self.format(kept))


@pytest.fixture(params=["plain", "json"])
def log(request, settings) -> Any:
    """What `LOG_FORMAT` makes of the lines of Django's and of our own loggers."""
    config = settings.LOGGING | {"root": {}, "loggers": {"of the tests": {"handlers": ["stderr"], "propagate": False}}}
    config["handlers"] = {"stderr": settings.LOGGING["handlers"]["stderr"] | {"formatter": request.param}}
    logging.config.dictConfig(config)
    kept = Lines(logging.getLogger("of the tests").handlers[0])
    names = ("of the tests", "django.request", "fluentcart.watch")
    for name in names:
        logging.getLogger(name).addHandler(kept)
    yield kept
    for name in names:
        logging.getLogger(name).removeHandler(kept)
    logging.config.dictConfig(settings.LOGGING)
    structlog.contextvars.clear_contextvars()


def fail(password: str = PASSWORD) -> None:
    """Fail with secrets in locals, in messages, in a note and in what it came of."""
    person = {"email": EMAIL, "password": password}
    try:
        int(f"{person['email']} {password}")
    except ValueError as cause:
        error = RuntimeError(f"{person} Authorization: Bearer {BEARER}")
        error.add_note(f"{EMAIL} {password}")
        raise error from cause


def told(log: Lines) -> str:
    """All that was logged; nothing of the secrets is in it."""
    text = "\n".join(log.lines)
    assert text
    assert [secret for secret in SECRETS if secret in text] == []
    return text


def test_a_traceback_says_where_and_what_kind_and_nothing_of_the_values(log):
    try:
        fail()
    except RuntimeError:
        logging.getLogger("of the tests").exception("It failed")

    text = told(log)
    for word in (
        "It failed",
        "ValueError",
        "RuntimeError",
        "test_logs.py",
        "in fail",
        'int(f\\"' if text[0] == "{" else 'int(f"',
    ):
        assert word in text
    assert "direct cause" in text


def test_errors_in_a_group_and_in_a_circle_are_told_too(log):
    def circle() -> ValueError:
        one, other = ValueError(EMAIL), KeyError(PASSWORD)
        one.__context__, other.__context__ = other, one
        return one

    try:
        raise ExceptionGroup(EMAIL, [circle(), TypeError(BEARER)])
    except ExceptionGroup:
        logging.getLogger("of the tests").exception("Several")

    text = told(log)
    assert [kind for kind in ("ExceptionGroup", "ValueError", "KeyError", "TypeError") if kind not in text] == []


@pytest.mark.django_db
def test_a_database_s_error_names_the_constraint_and_not_the_key(log):
    CustomerFactory(email=EMAIL)
    values = {"email": EMAIL, "email_key": EMAIL, "search_text": PASSWORD}

    try:
        with transaction.atomic():
            Customer.objects.create(**values)
    except IntegrityError:
        logging.getLogger("of the tests").exception("Not stored")

    text = told(log)
    assert "IntegrityError" in text
    if connection.vendor == "postgresql":
        assert "sqlstate 23505, table customers_customer, constraint " in text
    else:
        assert "sqlite SQLITE_CONSTRAINT_UNIQUE" in text


def test_a_defect_of_the_code_is_named(log):
    try:
        None.no_such_thing  # noqa: B018
    except AttributeError:
        logging.getLogger("of the tests").exception("Oh")
    try:
        getattr(None, EMAIL)
    except AttributeError:
        logging.getLogger("of the tests").exception("Oh")

    assert "AttributeError (name no_such_thing)" in told(log)


@pytest.mark.parametrize(
    "message",
    [
        f"No such user: {EMAIL}",
        "No such user: vera.private%40example.net",
        f"Authorization: Bearer {BEARER}",
        f"cannot connect to postgres://shop:{PASSWORD}@db:5432/shop",
        f"redis://:{PASSWORD}@redis:6379/0 is away",
        f"{{'login': 'x', 'password': '{PASSWORD}'}}",
        f"POST /?password={PASSWORD}&x=1",
        f"api_key: {PASSWORD}",
    ],
)
def test_a_message_of_somebody_else_s_code_is_cleaned(log, message):
    logging.getLogger("of the tests").warning("%s", message)

    assert "[left out]" in told(log)


def test_an_ordinary_message_is_left_as_it_is():
    message = "The queue of writers of /srv/var/shop.sqlite3-turns stands still (10.0.0.1:6379, 12:30)"

    assert clean(message) == message


def test_a_request_that_fails_is_told_by_its_route(log, client, monkeypatch, db):
    """Through all of Django: the view's locals and the address hold what a caller sent."""
    _, password = issue(UserFactory(login="ada", role=Role.SUPER_ADMIN), "Tests")
    basic = "Basic " + base64.b64encode(f"ada:{password}".encode()).decode()
    client.raise_request_exception = False
    monkeypatch.setattr("customers.api.views.CustomerViewSet.list", lambda self, request: fail(request.GET["search"]))

    answer = client.get(f"{V2}/customers", {"search": f"{EMAIL} {PASSWORD}"}, HTTP_AUTHORIZATION=basic)

    assert answer.status_code == 500
    text = told(log)
    assert basic not in text
    assert password not in text
    assert "Internal Server Error: " in text
    assert "wp-json/fluent-cart/v2/" in text
    assert "RuntimeError" in text


def test_an_address_in_a_path_is_not_told(log, rf):
    request = rf.get(f"/wp-json/{EMAIL}")

    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", request.path, extra={"request": request}
    )

    assert "Server Error: no route" in told(log)


def test_an_answer_that_breaks_off_is_told_here_and_not_by_the_server(log, rf):
    def rows() -> Any:
        yield b"a,b\n"
        fail()

    answer = watch.WatchMiddleware(lambda request: StreamingHttpResponse(rows()))(rf.get("/export"))

    with pytest.raises(watch.BrokenOff) as broken:
        b"".join(answer)
    assert (str(broken.value), broken.value.__cause__, broken.value.__suppress_context__) == ("", None, True)
    text = told(log)
    assert "A streamed answer broke off" in text
    if text[0] == "{":
        assert json.loads(text.splitlines()[0])["request_id"] == answer["X-Request-Id"]
