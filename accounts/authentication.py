"""Who is calling: Basic with an application password, a session with a nonce, or the browsable API's session."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import APIException, AuthenticationFailed, Throttled
from rest_framework.settings import api_settings

from accounts import services
from accounts.addresses import client_address
from accounts.models import ApplicationPassword, User
from accounts.nonces import is_valid_nonce, make_nonce
from fluentcart.counters import get_counter
from fluentcart.metrics import wrong_password

if TYPE_CHECKING:
    from rest_framework.request import Request

MALFORMED = "The Authorization header must be 'Basic' and base64 of 'login:application password'."
REFUSED = "The login or the application password is not valid."
TOO_MANY = "Too many wrong passwords."


class ApplicationPasswordAuthentication(BaseAuthentication):
    """HTTP Basic with a login or e-mail address and an application password; one query.

    `request.user` becomes the User, `request.auth` the ApplicationPassword. Other schemes are not ours and
    leave the caller anonymous. Wrong passwords are counted by address and login; over the limit nothing is
    checked any more until the window ends (decisions, "Rates").
    """

    realm = "FluentCart"

    def authenticate(self, request: Request) -> tuple[User, ApplicationPassword] | None:
        """The user and the password that the header proves.

        Raises:
            AuthenticationFailed: the header is malformed, or the credentials are refused.
            Throttled: too many wrong passwords from this address for this login; `wait` is in seconds.
        """
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            return None
        login, password = read_credentials(encoded)
        address = client_address(request)
        found = self.check(login=login, password=password, address=address)
        services.touch(found, address=address)
        return found.user, found

    def check(self, *, login: str, password: str, address: str) -> ApplicationPassword:
        """Verify, unless too many wrong ones came before; remember a wrong one, forget them after a right one."""
        counter = get_counter()
        key = wrong_passwords_key(login=login, address=address)
        wrong, seconds_left = counter.peek(key)
        if wrong >= settings.WRONG_PASSWORDS_MAX:
            raise Throttled(wait=max(seconds_left, 1), detail=TOO_MANY)
        found = services.verify(login, password, address=address)
        if found is None:
            counter.hit(key, settings.WRONG_PASSWORDS_WINDOW_SECONDS)
            wrong_password()
            raise AuthenticationFailed(REFUSED)
        if wrong:
            counter.forget(key)
        return found

    def authenticate_header(self, request: Request) -> str:
        """The challenge, for every caller: without one REST framework turns 401 into 403.

        The exception handler keeps it from browsers, which would pop up a dialogue.
        """
        return f'Basic realm="{self.realm}", charset="UTF-8"'


class InvalidNonce(APIException):
    """The nonce of a request was not made for its session, or is too old."""

    status_code = 403
    default_code = "rest_cookie_invalid_nonce"
    default_detail = "Cookie check failed"


class NonceAuthentication(BaseAuthentication):
    """Django's session for any kind of request, proven to be sent on purpose by a nonce (`accounts/nonces.py`).

    The nonce comes in X-WP-Nonce or `_wpnonce`. A page of another site can make a browser send the cookie,
    and cannot read a nonce; so the nonce stands in for Django's CSRF token. Without one this is nobody's
    business, and an Authorization header comes first. The answer carries a fresh nonce, which the middleware
    of `fluentcart/api/wordpress` takes from `wp_nonce`.
    Source: wordpress-conventions, "cookie and nonce".
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The signed-in user.

        Raises:
            InvalidNonce: the nonce is not one of this session; also when there is no session any more.
        """
        if "HTTP_AUTHORIZATION" in request.META:
            return None
        nonce = request.META.get("HTTP_X_WP_NONCE", request.GET.get("_wpnonce"))
        if nonce is None:
            return None
        http = request._request
        user: Any = http.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if user is None or not user.is_authenticated:
            raise InvalidNonce
        whose = {"user_id": user.pk, "session_key": http.session.session_key or ""}
        if not is_valid_nonce(nonce, **whose):
            raise InvalidNonce
        http.wp_nonce = make_nonce(**whose)  # type: ignore[attr-defined]
        return user, None


class BrowserSessionAuthentication(SessionAuthentication):
    """Django's session, for people who look at the browsable API in a browser and for nothing else.

    Counts only for same-origin requests for HTML, with Django's CSRF check on writes; JSON with a bare
    cookie is anonymous (decisions, "Who may do what", Cookie). The session is not opened for anybody else.
    """

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The signed-in user.

        Raises:
            PermissionDenied: a write without a valid CSRF token.
        """
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or "HTTP_AUTHORIZATION" in request.META:
            return None
        if not (wants_html(request) and is_same_origin(request)):
            return None
        return super().authenticate(request)


def read_credentials(encoded: str) -> tuple[str, str]:
    """Login and password out of a Basic header's second word.

    Raises:
        AuthenticationFailed: not base64 of text with a colon in it.
    """
    try:
        decoded = base64.b64decode(encoded.strip().encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise AuthenticationFailed(MALFORMED) from error
    try:
        text = decoded.decode()
    except UnicodeDecodeError:
        text = decoded.decode("latin-1")  # RFC 7617 leaves the charset open; old clients send this one
    login, colon, password = text.partition(":")
    if not colon:
        raise AuthenticationFailed(MALFORMED)
    return login.strip(), password


def wrong_passwords_key(*, login: str, address: str) -> str:
    """The counter's key: hashed, for a login may be as long as a header."""
    digest = hashlib.blake2b(f"{address} {login.casefold()}".encode(), digest_size=16).hexdigest()
    return f"wrong-passwords:{digest}"


def wants_html(request: Request) -> bool:
    """Whether the caller asks for a page: `Accept` names text/html, and no format switch overrules it."""
    switch = request.GET.get(api_settings.URL_FORMAT_OVERRIDE or "", "api")
    return switch in ("api", "html") and "text/html" in request.META.get("HTTP_ACCEPT", "")


def is_same_origin(request: Request) -> bool:
    """Whether the page that sent this is ours, as far as the browser says; an address typed by hand is, too."""
    fetched_from = request.META.get("HTTP_SEC_FETCH_SITE")
    if fetched_from is not None:
        return fetched_from in ("same-origin", "none")
    origin = request.META.get("HTTP_ORIGIN")
    return origin is None or urlsplit(origin).netloc == request.get_host()
