"""What an application password may be held to: fewer capabilities than its user's, an end, addresses it works from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypedDict

from django.utils import timezone

from accounts.addresses import is_within
from accounts.capabilities import ALL_CAPABILITIES
from accounts.models import ApplicationPassword, User
from fluentcart.errors import InvalidFields

ADDRESSES_MAX = 100
IPV4_MAPPED_BITS = 96  # of ::ffff:0:0/96
YEAR_MAX = 9998  # the year after it does not exist in every time zone
NOT_A_MOMENT = (
    "expires must be a moment in ISO 8601 such as 2030-01-31T18:00:00Z, with its time; without a zone it is UTC."
)


class Limits(TypedDict, total=False):
    """What a password is held to; None, or a key that is not there, is no limit."""

    capabilities: list[str] | None
    expires_at: datetime | None
    addresses: list[str] | None


def checked(limits: Limits, *, user: User) -> Limits:
    """The same limits as they are stored: sorted, once each, in one spelling.

    Args:
        limits: `capabilities` are keys of `accounts/capabilities.py`, an empty list is a password that may only ask
            who it is; `expires_at` is aware of its zone; `addresses` are single ones or networks.
        user: whose password it is. What their role does not hold cannot be named.

    Raises:
        InvalidFields: with sentences for `capabilities`, `expires` and `addresses`, as the API calls them.
    """
    found: Limits = {}
    refused: dict[str, list[str]] = {}
    if "capabilities" in limits:
        found["capabilities"], refused["capabilities"] = _capabilities(limits["capabilities"], user)
    if "expires_at" in limits:
        found["expires_at"], refused["expires"] = _end(limits["expires_at"])
    if "addresses" in limits:
        found["addresses"], refused["addresses"] = _addresses(limits["addresses"])
    if any(refused.values()):
        raise InvalidFields({field: sentences for field, sentences in refused.items() if sentences})
    return found


def read_moment(text: str) -> datetime:
    """A moment in ISO 8601, in UTC when it names no zone.

    Raises:
        InvalidFields: of `expires`; also for a day without a time, whose beginning or end might be meant.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidFields.of("expires", NOT_A_MOMENT) from error
    if not any(letter in text for letter in "T: "):
        raise InvalidFields.of("expires", NOT_A_MOMENT)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_open(password: ApplicationPassword, *, address: str) -> bool:
    """Whether a password works now and from this address ("" is an unknown one, which is in no network)."""
    if password.expires_at is not None and password.expires_at <= timezone.now():
        return False
    return password.addresses is None or is_within(address, tuple(password.addresses))


def _capabilities(keys: Iterable[str] | None, user: User) -> tuple[list[str] | None, list[str]]:
    if keys is None:
        return None, []
    named = set(keys)
    if unknown := named - ALL_CAPABILITIES:
        return None, [f"Unknown: {_quoted(unknown)}. Known are {', '.join(sorted(ALL_CAPABILITIES))}."]
    if beyond := named - user.capabilities:
        return None, [f"The user does not hold {_quoted(beyond)}; a password can only be given less than its user has."]
    return sorted(named), []


def _end(moment: datetime | None) -> tuple[datetime | None, list[str]]:
    if moment is None:
        return None, []
    if moment.year > YEAR_MAX:
        return None, [f"expires must not lie beyond the year {YEAR_MAX}."]
    if moment <= timezone.now():
        return None, ["expires must lie in the future."]
    return moment.astimezone(UTC).replace(microsecond=0), []


def _addresses(texts: Iterable[str] | None) -> tuple[list[str] | None, list[str]]:
    if texts is None:
        return None, []
    found, wrong = [], []
    for text in texts:
        try:
            found.append(_network(text))
        except ValueError:
            wrong.append(text)
    if wrong:
        allowed = "addresses and networks such as 203.0.113.7, 10.0.0.0/8 or 2001:db8::/32, without bits of a host"
        return None, [f"addresses must hold {allowed}, not {_quoted(wrong)}."]
    if not 1 <= len(found) <= ADDRESSES_MAX:
        return None, [f"addresses must hold 1 to {ADDRESSES_MAX} of them; leave it out for every address."]
    return list(dict.fromkeys(found)), []


def _network(text: str) -> str:
    """A network in one spelling; an IPv4 one that is written as IPv6 is IPv4, as the addresses of callers are."""
    if "%" in text:
        raise ValueError("a zone is of one host only")
    network = ipaddress.ip_network(text.strip())
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= IPV4_MAPPED_BITS:
        network = ipaddress.ip_network(f"{mapped}/{network.prefixlen - IPV4_MAPPED_BITS}")
    is_single = network.prefixlen == network.max_prefixlen
    return str(network.network_address if is_single else network)


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"{text[:64]!r}" for text in sorted(texts)[:10])
