"""The caller's address: the socket's, unless a proxy that the settings name stands in between."""

from __future__ import annotations

import pytest

from accounts.addresses import client_address

PROXIES = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]


@pytest.mark.parametrize(
    ("proxies", "socket", "forwarded", "expected"),
    [
        pytest.param([], "203.0.113.9", "198.51.100.1", "203.0.113.9", id="no proxy is trusted by default"),
        pytest.param(PROXIES, "203.0.113.9", "198.51.100.1", "203.0.113.9", id="a stranger's header is not believed"),
        pytest.param(PROXIES, "10.1.2.3", "198.51.100.1", "198.51.100.1", id="a trusted network"),
        pytest.param(PROXIES, "192.0.2.1", "198.51.100.1", "198.51.100.1", id="a trusted address"),
        pytest.param(PROXIES, "192.0.2.2", "198.51.100.1", "192.0.2.2", id="the address beside it"),
        pytest.param(PROXIES, "10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1", id="what the caller wrote"),
        pytest.param(PROXIES, "10.1.2.3", "198.51.100.1, 10.9.9.9", "198.51.100.1", id="two proxies"),
        pytest.param(PROXIES, "10.1.2.3", "6.6.6.6, junk, 10.9.9.9", "10.9.9.9", id="nothing left of junk"),
        pytest.param(PROXIES, "10.1.2.3", "", "10.1.2.3", id="no header"),
        pytest.param(PROXIES, "10.1.2.3", "10.4.4.4", "10.4.4.4", id="only proxies"),
        pytest.param(PROXIES, "10.1.2.3", "198.51.100.1:4711", "198.51.100.1", id="with a port"),
        pytest.param(PROXIES, "fd00::1", "[2001:db8::5]:4711", "2001:db8::5", id="IPv6 in brackets"),
        pytest.param(PROXIES, "::ffff:10.1.2.3", "2001:DB8:0::5", "2001:db8::5", id="IPv4 in IPv6"),
        pytest.param([], "fe80::1%eth0", "", "fe80::1", id="a zone is not part of it"),
        pytest.param(PROXIES, "", "198.51.100.1", "", id="a Unix socket"),
    ],
)
def test_the_address_is_the_rightmost_that_is_not_ours(rf, settings, proxies, socket, forwarded, expected):
    settings.TRUSTED_PROXIES = proxies
    headers = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}

    assert client_address(rf.get("/", REMOTE_ADDR=socket, **headers)) == expected
