"""Reads environment variables: each is understood, or stops the start with a sentence that says what is allowed.

A variable that is empty is as good as not set. `DEFAULTS` holds what was asked for, with its default, so that a test
can compare the README's table with it.
"""

from __future__ import annotations

import ipaddress
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

SECRET_CHARS_MIN = 16
TEXT_CHARS_MAX = 100
# Name -> default as one would write it; "" for none, None when it depends on other things.
DEFAULTS: dict[str, str | None] = {}
_HOST = re.compile(r"\*|\.?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
SWITCH = ("on", "off", "1", "0", "true", "false", "yes", "no")


def read(name: str, default: str | None = "") -> str:
    """The text of a variable; its default, or "", when it is empty or not set."""
    DEFAULTS[name] = default
    return os.environ.get(name) or default or ""


def refused(name: str, allowed: str, value: str | None = None) -> ImproperlyConfigured:
    """What stops the start. `value` is left out where it may be a secret: this goes into a log."""
    shown = "" if value is None else f", not {value!r}"
    return ImproperlyConfigured(f"{name} must {allowed}{shown}.")


def read_choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words, in any case.

    Raises:
        ImproperlyConfigured: names the variable and what is allowed; so do all readers.
    """
    value = read(name, default).lower()
    if value not in allowed:
        raise refused(name, f"be one of {', '.join(allowed)}", value)
    return value


def read_switch(name: str, default: str) -> bool:
    """On or off."""
    return read_choice(name, default, SWITCH) in ("on", "1", "true", "yes")


def read_whole(name: str, default: int | None, least: int, most: int) -> int:
    """A whole number in some bounds. Without a default it is 0 when it is not set."""
    text = read(name, None if default is None else str(default))
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(most)) or not least <= int(text) <= most:
        raise refused(name, f"be a whole number from {least} to {most}", text)
    return int(text)


def read_text(name: str, default: str | None, most: int = TEXT_CHARS_MAX) -> str:
    """A line of text for people."""
    text = read(name, default)
    if len(text) > most or not text.isprintable():
        raise refused(name, f"be at most {most} characters, all of them printable", text)
    return text


def read_secret(name: str, *, begins: tuple[str, ...] = (), default: str | None = "") -> str:
    """A secret of a program; "" when it is not set."""
    value = read(name, default)
    if value and (len(value) < SECRET_CHARS_MIN or not value.isascii() or not value.isprintable()):
        raise refused(name, f"be at least {SECRET_CHARS_MIN} printable ASCII characters")
    if value and begins and not value.startswith(begins):
        raise refused(name, f"begin with {' or '.join(begins)}")
    return value


def read_currency(name: str, default: str) -> str:
    """An ISO 4217 code, in any case."""
    from fluentcart.money import is_currency

    code = read(name, default).upper()
    if not is_currency(code):
        raise refused(name, "be an ISO 4217 code such as USD", code)
    return code


# --- Lists, with commas between their items ------------------------------------------------------


def read_list(name: str, default: str | None = "") -> list[str]:
    """The items of a list; empty ones do not count."""
    return [item for text in read(name, default).split(",") if (item := text.strip())]


def read_hosts(name: str, default: list[str]) -> list[str]:
    """Host names as Django's ALLOWED_HOSTS takes them."""
    found = read_list(name, None) or default
    for text in found:
        if not _HOST.fullmatch(text):
            allowed = "hold host names such as shop.example.com, .example.com or [::1], without scheme and port"
            raise refused(name, allowed, text)
    return found


def read_origins(name: str, *, subdomains: bool = False) -> list[str]:
    """Origins: scheme, host and perhaps a port; with `subdomains` also https://*.example.com."""
    found = read_list(name)
    for text in found:
        if not is_origin(text.replace("://*.", "://", 1) if subdomains else text):
            raise refused(name, "hold origins such as https://shop.example.com, without a path", text)
    return found


def is_origin(text: str) -> bool:
    """Whether a text is an origin, and nothing more."""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    whole = parts.scheme in ("http", "https") and text == f"{parts.scheme}://{parts.netloc}" and "@" not in text
    return whole and bool(_HOST.fullmatch(f"[{host}]" if ":" in host else host))


def read_networks(name: str) -> list[str]:
    """Addresses and networks, such as 10.0.0.1,192.168.0.0/16."""
    found = read_list(name)
    for text in found:
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError as error:
            raise refused(name, "hold addresses or networks such as 10.0.0.1 or 10.0.0.0/8", text) from error
    return found


# --- Where things are ----------------------------------------------------------------------------


def read_address(name: str, default: str) -> str:
    """An address of this machine to listen at, or a name of it; IPv6 without brackets."""
    text = read(name, default).strip("[]")
    if not _HOST.fullmatch(f"[{text}]" if ":" in text else text) or text.startswith((".", "*")):
        raise refused(name, "be an address to listen at, such as 127.0.0.1, 0.0.0.0 or ::1", text)
    return text


def read_base_url(name: str) -> str:
    """An address of a service, such as http://127.0.0.1:8420; "" when it is not set."""
    url = read(name)
    if url and not is_origin(url):
        raise refused(name, "be an address such as https://api.stripe.com, without a path", url)
    return url


def read_folder(name: str, default: Path | None) -> Path | None:
    """A folder that is there and may be written to, or can be made."""
    given = read(name, None if default else "")
    path = Path(given) if given else default
    if given and path and not can_hold_files(path):
        raise refused(name, "be a folder that this user may write to, or make", given)
    return path


def read_file(name: str, default: Path) -> Path:
    """A file in a folder that may be written to, or can be made."""
    given = read(name, None)
    path = Path(given) if given else default
    if given and (path.is_dir() or not can_hold_files(path.parent)):
        raise refused(name, "be a file in a folder that this user may write to, or make", given)
    return path


def can_hold_files(folder: Path) -> bool:
    """Whether files can be made in a folder; one that is not there yet is judged by what it would be made in."""
    nearest = next((path for path in (folder, *folder.absolute().parents) if path.exists()), Path("/"))
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def read_redis_url(name: str) -> str:
    """An address of Redis; "" when there is none. It may hold a password."""
    url = read(name)
    if not url:
        return ""
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise refused(name, "begin with redis://, rediss:// or unix://")
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.path if parts.scheme == "unix" else parts.hostname) and parts.port != 0
    except ValueError:
        is_whole = False
    if not is_whole:
        raise refused(name, "name a host and perhaps a port, such as redis://127.0.0.1:6379/0")
    return url


DATABASES = ("postgres://", "sqlite://", "postgresql://")


def read_database_url(name: str, default: str, begins: tuple[str, ...] = DATABASES) -> dict[str, Any]:
    """postgres:// or sqlite://, as Django's settings of a database; {} without a default. It may hold a password."""
    url = read(name, None if default else "") or default
    if not url:
        return {}
    allowed = [word for word in begins if word != "postgresql://"]  # which is another spelling
    if not url.startswith(begins):
        raise refused(name, f"begin with {' or '.join(allowed)}")
    try:
        config = dict(environ.Env.db_url_config(url))
        is_whole = bool(config["NAME"]) and (not config.get("PORT") or 0 < int(config["PORT"]) < 2**16)
    except (ValueError, KeyError):
        is_whole = False
    if not is_whole:
        examples = {
            "postgres://": "postgres://user:password@host:5432/shop",
            "sqlite://": "sqlite:////srv/shop.sqlite3",
        }
        raise refused(name, f"name a database, such as {' or '.join(examples[word] for word in allowed)}")
    return config
