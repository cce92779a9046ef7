"""Nonces by which a page of ours proves to the API that its session cookie was sent on purpose."""

from __future__ import annotations

import time

from django.utils.crypto import constant_time_compare, salted_hmac

LIFETIME_SECONDS = 24 * 3600
TICK_SECONDS = LIFETIME_SECONDS // 2
NONCE_CHARS = 20
_SALT = "accounts.nonces.wp_rest"


def make_nonce(*, user_id: int, session_key: str) -> str:
    """A nonce of this session, good for 12 to 24 hours, as WordPress's are; signing out ends it at once."""
    return _nonce(_tick(), user_id, session_key)


def is_valid_nonce(nonce: str, *, user_id: int, session_key: str) -> bool:
    """Whether a nonce was made for this user and this session in the running half day or the one before."""
    tick = _tick()
    return any(constant_time_compare(nonce, _nonce(made, user_id, session_key)) for made in (tick, tick - 1))


def _tick() -> int:
    return int(time.time() // TICK_SECONDS)


def _nonce(tick: int, user_id: int, session_key: str) -> str:
    signed = salted_hmac(_SALT, f"{tick}|{user_id}|{session_key}", algorithm="sha256")
    return str(signed.hexdigest()[:NONCE_CHARS])
