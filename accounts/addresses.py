"""From which network address a request comes, with proxies believed only where the settings name them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class HasMeta(Protocol):
    """Django's request or REST framework's."""

    @property
    def META(self) -> Any:
        """The WSGI environment."""


def client_address(request: HasMeta) -> str:
    """The address of the caller; "" when the server does not know one (a Unix socket).

    The socket's address, unless it belongs to TRUSTED_PROXIES (addresses or networks): then the rightmost
    hop of X-Forwarded-For that does not. What stands further left was written by the caller and is not read.
    Source: decisions, "Rates".
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    proxies = _networks(tuple(settings.TRUSTED_PROXIES))
    if proxies and _is_proxy(address, proxies):
        for hop in reversed(request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            earlier = _parse(hop)
            if earlier is None:
                break
            address = earlier
            if not _is_proxy(address, proxies):
                break
    return str(address) if address else ""


def is_from_proxy(request: HasMeta) -> bool:
    """Whether one of TRUSTED_PROXIES sent this, so that what it says about the request is believed."""
    proxies = _networks(tuple(settings.TRUSTED_PROXIES))
    return bool(proxies) and _is_proxy(_parse(request.META.get("REMOTE_ADDR", "")), proxies)


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address, as `client_address` gives it, is in one of some networks; "" is in none."""
    found = _parse(address)
    return found is not None and any(found in network for network in _networks(networks))


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text.strip(), strict=False) for text in texts if text.strip())


@lru_cache(maxsize=1024)
def _parse(text: str) -> Address | None:
    """The address in one hop, without port, brackets and zone; None when there is none."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _is_proxy(address: Address | None, proxies: tuple[Network, ...]) -> bool:
    return address is not None and any(address in network for network in proxies)
