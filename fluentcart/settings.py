"""Settings, read from the environment once; what cannot be understood stops the start with its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fluentcart.environment import (
    read_address,
    read_base_url,
    read_choice,
    read_currency,
    read_database_url,
    read_file,
    read_folder,
    read_hosts,
    read_networks,
    read_origins,
    read_redis_url,
    read_secret,
    read_switch,
    read_text,
    read_whole,
    refused,
)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR: Path = read_folder("FLUENTCART_VAR", BASE_DIR / "var")  # type: ignore[assignment]

# --- How it runs -------------------------------------------------------------------------------

# `make run` without DATABASE_URL is the embedded mode: SQLite under var/, demo data, a secret key made on
# first use and kept beside the database. With a real database nothing has a default that could leak.
EMBEDDED = not os.environ.get("DATABASE_URL")
# Demo data goes into a database of its own only; DEMO=on lets `manage.py load_demo` fill another one.
DEMO = read_switch("DEMO", "off")
DEBUG = read_switch("DEBUG", "off")


def read_secret_key() -> str:
    """SECRET_KEY from the environment; in embedded mode one that is made once and kept in var/.

    Raises:
        ImproperlyConfigured: a real database is named and no SECRET_KEY.
    """
    is_kept = read_switch("SECRET_KEY_FROM_FILE", "off")
    if key := read_secret("SECRET_KEY", default=None):
        return key
    path = VAR_DIR / "secret_key"
    if not EMBEDDED and not is_kept:
        raise refused(
            "SECRET_KEY",
            "be set to a long random text, or SECRET_KEY_FROM_FILE to on: it is then kept in var/"
            "secret_key, for one host only",
        )
    if not path.exists():
        from django.core.management.utils import get_random_secret_key

        VAR_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(get_random_secret_key())
    return path.read_text().strip()


SECRET_KEY = read_secret_key()
ALLOWED_HOSTS = read_hosts("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = read_origins("CSRF_TRUSTED_ORIGINS", subdomains=True)
# Pages of these origins may call the API as whoever is signed in in that browser; no others may.
CORS_ALLOWED_ORIGINS = read_origins("CORS_ALLOWED_ORIGINS")

INSTALLED_APPS = [
    "accounts.admin_apps.ShopAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "django_countries",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "fluentcart.history",
    "accounts",
    "customers",
    "orders",
]

# Few, and in this order: every middleware costs each request (PERFORMANCE: seven cost 140 us under load).
MIDDLEWARE = [
    "fluentcart.watch.WatchMiddleware",  # outermost: it times all the others
    "django.middleware.security.SecurityMiddleware",
    "fluentcart.browsers.PagePolicies",  # outside of whatever answers with a page
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fluentcart.api.wordpress.middleware.WordPressMiddleware",  # before whatever looks at path and method
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "fluentcart.hosts.HostMiddleware",
    "fluentcart.browsers.ProgramsMiddleware",  # which programs go on from behind the others
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "fluentcart.urls"
WSGI_APPLICATION = "fluentcart.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "fluentcart" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Data --------------------------------------------------------------------------------------


def read_database() -> dict[str, Any]:
    """DATABASE_URL (postgres:// or sqlite://) with the options that each engine needs here."""
    config = read_database_url("DATABASE_URL", f"sqlite:///{VAR_DIR / 'shop.sqlite3'}")
    engine = config["ENGINE"].rsplit(".", 1)[-1]
    config["CONN_MAX_AGE"] = None
    options = config.setdefault("OPTIONS", {})
    if engine == "sqlite3":
        Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # Writers queue, and take the lock when they begin, not half way: no "database is locked" (ADR 5 and 8).
        config["ENGINE"] = "fluentcart.sqlite"
        # What Django's own backend takes when nothing is said; pytest-django knows only that one's name.
        config["TEST"] = {"NAME": ":memory:"}
        options |= {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "cached_statements": 500,  # as many stay prepared as on PostgreSQL
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;"
            "PRAGMA mmap_size=268435456; PRAGMA temp_store=MEMORY; PRAGMA wal_autocheckpoint=8000;",
        }
    else:
        config["ENGINE"] = "fluentcart.postgres"
        config["CONN_HEALTH_CHECKS"] = True
        # Several test runs beside each other on one server, each in a database of its own.
        config["TEST"] = {"NAME": f"test_fluentcart_{os.environ.get('TEST_DB_SUFFIX', 'main')}"}
        # Parallel query halves the throughput of a small API (PERFORMANCE, "Where a request's time goes").
        # To compile a plan takes 0.3 s where a search runs 6 ms, and with 10,000,000 orders PostgreSQL would do it.
        options["options"] = "-c max_parallel_workers_per_gather=0 -c jit=off -c lock_timeout=10s"
    return config


def read_replica(primary: dict[str, Any]) -> dict[str, Any]:
    """DATABASE_REPLICA_URL, whose server lists and reports are read from; {} when there is none.

    Raises:
        ImproperlyConfigured: it is no PostgreSQL, or the primary itself.
    """
    config = read_database_url("DATABASE_REPLICA_URL", "", ("postgres://", "postgresql://"))
    if not config:
        return {}
    if primary["ENGINE"] != "fluentcart.postgres":
        raise refused("DATABASE_REPLICA_URL", "go with a DATABASE_URL that begins with postgres://")
    if place_of(config) == place_of(primary):
        raise refused("DATABASE_REPLICA_URL", "name another server than DATABASE_URL: a replica of it")
    # Whoever waits for a server that is gone waits no longer than this; the primary answers then.
    waits = {"connect_timeout": 2, "tcp_user_timeout": 5000}  # seconds; milliseconds
    options = waits | config.get("OPTIONS", {}) | {"options": primary["OPTIONS"]["options"]}
    same = {name: primary[name] for name in ("ENGINE", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    return config | same | {"OPTIONS": options, "TEST": {"MIRROR": "default"}}


def place_of(config: dict[str, Any]) -> tuple[str, str, str]:
    """Host, port and name of a PostgreSQL database."""
    options = config.get("OPTIONS", {})
    host, port = options.get("host") or config["HOST"] or "localhost", options.get("port") or config["PORT"] or 5432
    return str(host).lower(), str(port), str(config["NAME"])


DATABASES = {"default": read_database()}
if _replica := read_replica(DATABASES["default"]):
    DATABASES["replica"] = _replica
HAS_REPLICA = "replica" in DATABASES
if HAS_REPLICA:
    MIDDLEWARE.append("fluentcart.replica.writers.WritersMiddleware")
DATABASE_ROUTERS = ["fluentcart.replica.reading.Router"] if HAS_REPLICA else []
# A replica that may be further behind is not read from; for as long a client reads what it wrote from the primary.
REPLICA_LAG_SECONDS_MAX = read_whole("REPLICA_LAG_SECONDS_MAX", 5, 1, 3600)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"

REDIS_URL = read_redis_url("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
    # Behind django-ratelimit: exact across the processes of this host, or across hosts with Redis.
    "counters": {"BACKEND": "fluentcart.counters.CounterCache"},
}
COUNTERS_PATH = read_file("FLUENTCART_COUNTERS", VAR_DIR / "counters.lmdb")

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "fluentcart" / "static"]
STATIC_ROOT = read_folder("STATIC_ROOT", None)
# Serves straight from the packages: no collectstatic step for `make run`.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# --- The shop ----------------------------------------------------------------------------------

SHOP_NAME = read_text("SHOP_NAME", "FluentCart demo shop" if EMBEDDED else "FluentCart shop")
SHOP_CURRENCY = read_currency("SHOP_CURRENCY", "USD")
ORDER_MODE = read_choice("ORDER_MODE", "live", ("live", "test"))
INVOICE_PREFIX = read_text("INVOICE_PREFIX", "INV-", most=32)
MIN_RECEIPT_NUMBER = read_whole("MIN_RECEIPT_NUMBER", 1, 1, 10**15)
CREDIT_LIMIT_ENFORCED = read_switch("CREDIT_LIMIT_ENFORCED", "off")
# From so many major units of lifetime value on, a business customer is of high value.
HIGH_VALUE_AMOUNT = read_whole("HIGH_VALUE_AMOUNT", 10_000, 1, 10**12)
STRIPE_API_KEY = read_secret("STRIPE_API_KEY", begins=("sk_", "rk_"))
STRIPE_API_BASE = read_base_url("STRIPE_API_BASE")

# --- The API -----------------------------------------------------------------------------------

# C28: doc v2's error table says 400 for a failed validation, the plugin and later docs say 422.
VALIDATION_STATUS = int(read_choice("VALIDATION_STATUS", "400", ("400", "422")))
PAGE_SIZE_DEFAULT = 10
PAGE_SIZE_MAX = 100
BULK_IDS_MAX = 100
UNPAGED_ROWS_MAX = read_whole("UNPAGED_ROWS_MAX", 1000, 1, 100_000)
BODY_BYTES_MAX = read_whole("BODY_BYTES_MAX", 1024 * 1024, 1, 2**30)
BODY_SECONDS_MAX = read_whole("BODY_SECONDS_MAX", 20, 1, 3600)
CSRF_FAILURE_VIEW = "fluentcart.pages.csrf_failure"
SEARCH_CHARS_MAX = 200
EXPORT_LINK_SECONDS = 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_BYTES_MAX + 1  # what a body in chunks is said to have (fluentcart/bodies.py)

RATE_LIMIT_ENABLED = read_switch("FLUENTCART_RATE_LIMIT", "on")
# Requests an hour, per user, resource and class ("Rate Limiting" in every document).
RATES = {
    "list": f"{read_whole('FLUENTCART_RATE_LIST', 100, 1, 10**9)}/h",
    "create": f"{read_whole('FLUENTCART_RATE_CREATE', 50, 1, 10**9)}/h",
    "update": f"{read_whole('FLUENTCART_RATE_UPDATE', 200, 1, 10**9)}/h",
    "delete": f"{read_whole('FLUENTCART_RATE_DELETE', 20, 1, 10**9)}/h",
}
RATELIMIT_USE_CACHE = "counters"
# Wrong passwords by address and login in ten minutes; more than that wait (429 with Retry-After).
WRONG_PASSWORDS_MAX = read_whole("WRONG_PASSWORDS_MAX", 10, 1, 10**6)
WRONG_PASSWORDS_WINDOW_SECONDS = 600
# Addresses of proxies whose X-Forwarded-For is believed; without any, the socket's address counts.
TRUSTED_PROXIES = read_networks("TRUSTED_PROXIES")

# django-ratelimit only knows shared caches by their module names. Ours counts in one atomic statement
# (fluentcart/counters.py), so its complaint about an unknown backend does not apply.
# Subdomains and browsers' preload lists are the domain owner's business, not this service's.
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001", "security.W005", "security.W021"]

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # Basic first: DRF asks the first one for the challenge, and without one a 401 turns into a 403.
        "accounts.authentication.ApplicationPasswordAuthentication",
        "accounts.authentication.NonceAuthentication",
        "accounts.authentication.BrowserSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.policies.NobodyPolicy"],
    "DEFAULT_RENDERER_CLASSES": [
        "fluentcart.api.rendering.OrjsonRenderer",
        "fluentcart.api.browsable.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "fluentcart.api.parsing.JsonParser",
        "fluentcart.api.parsing.FormParser",
        "fluentcart.api.parsing.MultiPartParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "fluentcart.api.negotiation.Negotiation",
    "DEFAULT_METADATA_CLASS": "fluentcart.api.metadata.RouteMetadata",
    "EXCEPTION_HANDLER": "fluentcart.api.exceptions.handle",
    "DEFAULT_SCHEMA_CLASS": "fluentcart.api.schema.operations.TableSchema",
    "URL_FORMAT_OVERRIDE": "_format",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "FluentCart API",  # each document adds its dialect (fluentcart/api/schema/document.py)
    "DESCRIPTION": (
        "Customers and orders of a shop. Sign in with HTTP Basic: a login and an application password. Money is in "
        "minor units (cents), times are UTC. Bodies are JSON; forms with PHP's nesting are understood too. Every path "
        "works with and without a trailing slash."
    ),
    "VERSION": "1.1.0",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "fluentcart.api.schema.document.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    # One document a dialect, each checked by the tests; all routes in one document would make no sense.
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    "SCHEMA_PATH_PREFIX": "/wp-json/",
    "SORT_OPERATIONS": False,
    # Words stand where they are used: a component for each enumeration would merge those of two resources.
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "persistAuthorization": False,
        "displayRequestDuration": True,
        "tryItOutEnabled": False,
        "validatorUrl": None,
    },
}

# --- Safety ------------------------------------------------------------------------------------

HTTPS = read_switch("HTTPS", "off")
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = read_whole("HSTS_SECONDS", 0, 0, 10 * 365 * 86400)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
CORS_ALLOW_CREDENTIALS = True
CORS_URLS_REGEX = r"^/(?:(?:wp-json|api)(?:/|$)|wp-admin/admin-ajax\.php$)"
CORS_ALLOW_HEADERS = (
    *("authorization", "content-disposition", "content-md5", "content-type"),
    *("x-http-method-override", "x-wp-nonce", "idempotency-key", "if-match", "if-none-match"),
)
CORS_EXPOSE_HEADERS = (
    *("X-WP-Total", "X-WP-TotalPages", "Link", "X-WP-Nonce", "Location", "Retry-After", "ETag", "Idempotent-Replayed"),
    *("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"),
)
X_FRAME_OPTIONS = "DENY"

# --- Watching ----------------------------------------------------------------------------------

LOG_FORMAT = read_choice("LOG_FORMAT", "plain", ("plain", "json"))
REQUEST_LOG = read_switch("REQUEST_LOG", "on")
METRICS_TOKEN = read_secret("METRICS_TOKEN")
METRICS_PORT = read_whole("METRICS_PORT", None, 1, 65535)
METRICS_HOST = read_address("METRICS_HOST", "127.0.0.1")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "fluentcart.scrubbing.PlainFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s",
            "whole": DEBUG,
        },
        "json": {"()": "fluentcart.logs.json_formatter", "whole": DEBUG},
    },
    "filters": {"by route": {"()": "fluentcart.scrubbing.ByRoute"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["by route"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # A refusal is an answer, not an incident; only what is our defect is worth a line.
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        # Whoever scans addresses sends any Host; it is answered with 400, and a traceback each would fill a disk.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
    },
}
