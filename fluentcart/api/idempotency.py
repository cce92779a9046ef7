"""`Idempotency-Key`: the answer to a write is stored with the write, and a repeated request gets it again.

One transaction holds both, so a crash leaves both or neither. What cannot be one transaction, because money moves in
between, is *resumed*: the key is bound to what was reserved (`orders/services/refund.py`). A bulk action that commits
each id on its own otherwise is one transaction under a key, each id in a savepoint: one id still never stops the
others, and a retry never finds half of them done. It locks all that it may touch before the first id is done, so two
of them never meet in opposite order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import StoredAnswer
from accounts.policies import NOT_ALLOWED
from accounts.stored_answers import KEPT_FOR, sweep
from fluentcart.api.parsing import BodyTooLarge, refuse_chunked_form
from fluentcart.api.rendering import to_json
from fluentcart.deadlocks import is_deadlock
from fluentcart.errors import DomainError, InvalidFields

HEADER = "HTTP_IDEMPOTENCY_KEY"
REPLAYED = "Idempotent-Replayed"
KEY_CHARS_MAX = 255
WRITES = ("POST", "PUT", "PATCH", "DELETE")
# One keyed write in so many sweeps what is too old.
SWEEP_ONE_IN = 64

Handler = Callable[..., Response]


class KeyInUse(DomainError):
    """The first request with this key still runs."""

    code = "idempotency_key_in_use"

    def __init__(self) -> None:
        super().__init__("A request with this Idempotency-Key is still running; try again when it has ended.")


class KeyReused(DomainError):
    """The key belongs to another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was sent with another request before.")


def guarded(view: Any, request: Request, handler: Handler) -> Handler:
    """The handler of a write that carries a key, so that it runs once.

    Raises:
        InvalidFields: the key is empty, too long, or not printable ASCII.
        BodyTooLarge, LengthRequired: a body that cannot be read binds no key.
    """
    refuse_chunked_form(request.META)
    key = scoped_key(request)
    mark = fingerprint(request)
    run = _resume if view.action in view.resumed_actions else _run_once
    view.idempotency_key = key
    return lambda request, *args, **kwargs: run(view, request, key, mark, lambda: handler(request, *args, **kwargs))


def scoped_key(request: Request) -> str:
    """The key as one credential means it, hashed: 64 hexadecimal digits.

    The scope is the application password, or the user and their session.
    """
    key = request.META[HEADER].strip()
    if not 1 <= len(key) <= KEY_CHARS_MAX or not (key.isascii() and key.isprintable()):
        raise malformed_key()
    if request.auth is not None:
        scope = f"password {request.auth.pk}"
    else:
        session = getattr(request._request, "session", None)
        scope = f"session {request.user.pk} {getattr(session, 'session_key', None)}"
    return _digest(scope.encode(), key.encode())


def malformed_key() -> InvalidFields:
    """The refusal of a key that cannot be one."""
    sentence = f"Idempotency-Key must be 1 to {KEY_CHARS_MAX} printable characters of ASCII."
    return InvalidFields.of("Idempotency-Key", sentence)


def fingerprint(request: Request) -> str:
    """A hash of everything that the request asks for: method, path, query and raw body."""
    try:
        body = request._request.body
    except RequestDataTooBig as error:
        raise BodyTooLarge from error
    method, query = request.method or "", request.META.get("QUERY_STRING", "")
    return _digest(method.encode(), request.path.encode(), query.encode(), body)


def _digest(*parts: bytes) -> str:
    found = hashlib.blake2b(digest_size=32)
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _run_once(view: Any, request: Request, key: str, mark: str, call: Callable[[], Response]) -> Response:
    """One transaction: the twin is kept out, the write is done, and its answer is stored."""
    with transaction.atomic():
        _take_turn(key)
        stored = _find(key)
        if stored is not None:
            return _replay(stored, mark, request.user)
        try:
            with transaction.atomic():
                response = call()
        except Exception as error:
            if is_deadlock(error):
                raise  # nothing of this transaction is worth keeping; it is tried again
            response = view.handle_exception(error)
        if _is_kept(response.status_code):
            _store(_begun(request, key, mark), response)
    return response


def _resume(view: Any, request: Request, key: str, mark: str, call: Callable[[], Response]) -> Response:
    """Several transactions: first the request is noted, last its answer; in between the service resumes by the key."""
    with _alone(key):
        with transaction.atomic():
            begun = _find(key)
            if begun is None:
                begun = _begun(request, key, mark)
                begun.save(force_insert=True)
            elif begun.fingerprint != mark or begun.status is not None:
                return _replay(begun, mark, request.user)
        try:
            response = call()
        except Exception as error:
            response = view.handle_exception(error)
        if _is_kept(response.status_code):
            _store(begun, response)
        elif response.status_code < 500:
            begun.delete()
    return response


def _is_kept(status: int) -> bool:
    """What may end otherwise next time is not remembered: a state in the way, a rate, a failure of ours."""
    return status < 500 and status not in (409, 429)


# --- Twins -------------------------------------------------------------------------------------


def _lock_number(key: str) -> int:
    """The key as the signed 64 bits that PostgreSQL's advisory locks take."""
    return int.from_bytes(bytes.fromhex(key)[:8], "big", signed=True)


def _take_turn(key: str) -> None:
    """Keep a twin out until this transaction ends; on SQLite it began by taking the only writer's place.

    Raises:
        KeyInUse: the first one runs.
    """
    if connection.vendor == "postgresql":
        _try_lock("SELECT pg_try_advisory_xact_lock(%s)", key)


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """Keep a twin out over several transactions; the lock ends with the process when it is killed.

    Raises:
        KeyInUse: the first one runs.
    """
    if connection.vendor == "sqlite":
        with connection.alone(_lock_number(key)) as is_ours:  # type: ignore[attr-defined]  # our own backend
            if not is_ours:
                raise KeyInUse
            yield
        return
    _try_lock("SELECT pg_try_advisory_lock(%s)", key)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_number(key)])


def _try_lock(statement: str, key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [_lock_number(key)])
        (is_ours,) = cursor.fetchone()
    if not is_ours:
        raise KeyInUse


# --- The stored answer -------------------------------------------------------------------------


def _find(key: str) -> StoredAnswer | None:
    """What was stored under a key and is not too old."""
    found = StoredAnswer.objects.filter(key=key).first()
    if found is not None and found.created_at < timezone.now() - KEPT_FOR:
        found.delete()
        return None
    return found


def _begun(request: Request, key: str, mark: str) -> StoredAnswer:
    held = sorted(getattr(request.user, "capabilities", ()))
    assert request.user.pk is not None, "no policy lets anybody write who is not signed in"
    return StoredAnswer(key=key, fingerprint=mark, user_id=request.user.pk, path=request.path[:300], held=held)


def _store(answer: StoredAnswer, response: Response) -> None:
    answer.status = response.status_code
    answer.body = to_json(response.data).decode() if response.data is not None else ""
    answer.headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    answer.save()
    if _lock_number(answer.key) % SWEEP_ONE_IN == 0:
        sweep()


def _replay(stored: StoredAnswer, mark: str, user: Any) -> Response:
    """The stored answer, for a caller who still may do all that they could do when it was made.

    Raises:
        KeyReused: the request is another one.
        PermissionDenied: the caller has lost a capability since; which one the first request needed is not known.
    """
    if stored.fingerprint != mark:
        raise KeyReused
    if not set(stored.held) <= set(getattr(user, "capabilities", ())):
        raise PermissionDenied(NOT_ALLOWED, code="insufficient_permissions")
    data = orjson.Fragment(stored.body) if stored.body else None
    return Response(data, status=stored.status, headers={**stored.headers, REPLAYED: "true"})
