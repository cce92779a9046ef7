"""Whether requests may be sent here, and what Prometheus is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from fluentcart import health, metrics

TOKEN = "a-token-of-the-tests"


def test_health_needs_no_database(client):
    answer = client.get("/healthz")  # pytest-django refuses any query here

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readiness_asks_the_database(client, monkeypatch):
    ready = client.get("/readyz")

    def refuse(*args):
        raise DatabaseError("no connection to 10.0.0.7")

    monkeypatch.setattr(connection, "cursor", refuse)
    unready = client.get("/readyz")

    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})
    assert (unready.status_code, unready.json()) == (503, {"status": "database unreachable"})


@pytest.mark.django_db
def test_a_database_without_the_newest_migration_is_not_ready(client):
    health._migrated.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")

    missing = client.get("/readyz")

    assert (missing.status_code, missing.json()) == (503, {"status": "migrations missing"})


@pytest.mark.django_db
def test_once_migrated_readiness_costs_one_statement(client, django_assert_num_queries):
    client.get("/readyz")

    with django_assert_num_queries(1):
        client.get("/readyz")


@pytest.mark.django_db
def test_counters_that_are_away_are_told_and_do_not_make_it_unready(client, monkeypatch):
    monkeypatch.setattr(health, "is_degraded", lambda: True)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "counters": "degraded"})


def test_a_service_that_is_told_to_end_is_not_ready(client, monkeypatch, tmp_path):
    marker = tmp_path / "draining"
    monkeypatch.setattr(health, "DRAINING_FILE", str(marker))
    marker.touch()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


def test_without_a_token_there_are_no_metrics(client):
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
def test_metrics_are_for_the_bearer_of_the_token(client, settings, monkeypatch, tmp_path: Path):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    settings.METRICS_TOKEN = TOKEN
    metrics.metrics.cache_clear()
    try:
        for header in ({}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, {"HTTP_AUTHORIZATION": TOKEN}):
            assert client.get("/metrics", **header).status_code == 401
        assert client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}").status_code == 200
    finally:
        metrics.metrics.cache_clear()


@pytest.mark.django_db
def test_metrics_are_told_while_the_database_is_away(client, settings, monkeypatch, tmp_path: Path):
    def refuse(*args):
        raise DatabaseError("no connection to 10.0.0.7")

    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    settings.METRICS_TOKEN = TOKEN
    metrics.metrics.cache_clear()
    monkeypatch.setattr(connection, "cursor", refuse)
    try:
        answer = client.get("/metrics", HTTP_AUTHORIZATION=f"Bearer {TOKEN}")
    finally:
        metrics.metrics.cache_clear()

    assert answer.status_code == 200
    assert "fluentcart_database_up 0\n" in answer.content.decode()
    assert "fluentcart_uncertain_refunds" not in answer.content.decode()
