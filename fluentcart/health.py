"""What watches over the service asks: is it alive, may it be sent requests, what does it count."""

from __future__ import annotations

import os
import secrets
from functools import cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from fluentcart.counters import get_counter, is_degraded
from fluentcart.metrics import exposition, metrics
from fluentcart.replica.standing import READING, standing
from orders.models import OrderTransaction
from orders.states import TransactionStatus, TransactionType

# The file that tools/drain.py makes when the service has been told to end.
DRAINING_FILE = os.environ.get("FLUENTCART_DRAINING", "")
REFUSED = "The bearer token is missing or wrong.\n"
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Whether this process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests may be sent here; 503 with the reason when not.

    Counters that cannot be reached do not make it unready: the service then counts for itself (ADR 6), and says so.
    A replica that cannot be read from does neither: the primary is read from (ADR 10).
    """
    if reason := why_not():
        return JsonResponse({"status": reason}, status=503)
    get_counter().peek("readyz")
    state = {"status": "ok"}
    if is_degraded():
        state["counters"] = "degraded"
    if settings.HAS_REPLICA:
        state["replica"] = standing().why_not() or READING
    return JsonResponse(state)


def why_not() -> str:
    """Why no requests may be sent here; "" when they may."""
    if DRAINING_FILE and os.path.exists(DRAINING_FILE):
        return "draining"
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "" if is_migrated() else "migrations missing"
    except DatabaseError:
        return "database unreachable"


@cache
def _migrated() -> list[bool]:
    """Holds True once all migrations were seen applied: they do not become unapplied under a running service."""
    return []


def is_migrated() -> bool:
    """Whether the database has every table and column that this code knows."""
    if not _migrated():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated().append(True)
    return True


@never_cache
@require_safe
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for whoever has METRICS_TOKEN as a bearer token; without that setting there is no such page."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("METRICS_TOKEN is not set.\n", status=404, content_type="text/plain")
    if not may_see_metrics(request.META.get("HTTP_AUTHORIZATION", "")):
        refusal = HttpResponse(REFUSED, status=401, content_type="text/plain")
        refusal["WWW-Authenticate"] = "Bearer"
        return refusal
    return HttpResponse(metrics_text(), content_type=TEXT_FORMAT)


def may_see_metrics(authorization: str) -> bool:
    """Whether a request with this header brings METRICS_TOKEN, if there is one."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    return not settings.METRICS_TOKEN or secrets.compare_digest(authorization.encode(), expected.encode())


def metrics_text() -> bytes:
    """What Prometheus is told; also while the database is away."""
    metrics()  # the library learns its folder before it is asked
    pending = OrderTransaction.objects.filter(type=TransactionType.REFUND, status=TransactionStatus.PENDING)
    version = str(settings.SPECTACULAR_SETTINGS["VERSION"])
    try:
        return exposition(version, pending.count())
    except DatabaseError:
        return exposition(version, None)
