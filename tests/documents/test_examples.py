"""Every example of the documents, each on a fresh copy of the demo (decisions, "Demo data")."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import ClassVar

import pytest
from django.core.management import call_command
from django.test import TestCase, override_settings

from accounts import services
from tests.documents import verbatim
from tests.documents.served import RUNS, Run

CUSTOMERS, ORDERS = 500, 600


class DocumentsTest(TestCase):
    """The demo is loaded once; what an example changes is rolled back after it."""

    credentials: ClassVar[dict[str, str]]

    @classmethod
    def setUpTestData(cls) -> None:
        """Load the demo, and let two callers in: the administrator and somebody without a role."""
        with override_settings(EMBEDDED=True):
            call_command("load_demo", customers=CUSTOMERS, orders=ORDERS)
        cls.credentials = {role: sign_up(role) for role in ("super_admin", "none")}

    def run_example(self, run: Run) -> None:
        """Make the call that the document shows, and compare."""
        run.example.presupposes()

        r = self.client.generic(
            run.example.method,
            run.example.url(run.base),
            json.dumps(run.example.body) if run.example.body is not None else "",
            content_type="application/json",
            headers={"Authorization": self.credentials[run.example.role]},
        )

        wrong = run.example.judge(r.status_code, r.json())
        if wrong:
            pytest.fail("\n".join([*wrong, r.content.decode()]), pytrace=False)


def sign_up(role: str) -> str:
    """The Basic header of a new user with a role and an application password."""
    login = f"{role.replace('_', '-')}-caller"
    stored = "" if role == "none" else role
    user = services.create_user(login=login, email=f"{login}@example.com", role=stored)
    _, plaintext = services.issue_application_password(user_id=user.pk, name="documents")
    return "Basic " + base64.b64encode(f"{login}:{plaintext}".encode()).decode()


def running(run: Run) -> Callable[[DocumentsTest], None]:
    """The test method of one example."""
    return lambda self: self.run_example(run)


for each in RUNS:
    setattr(DocumentsTest, f"test_{each.slug}", running(each))


def test_every_example_has_a_test_of_its_own():
    assert sum(name.startswith(("test_v", "test_api")) for name in dir(DocumentsTest)) == len(RUNS) >= 120


@pytest.mark.parametrize(("document", "lines"), [("customers_v1", 16), ("customers_v2", 17), ("orders", 13)])
def test_every_curl_line_of_a_document_is_an_example(document: str, lines: int):
    """So `tests.documents.live --curl` lets a shell run it, and judges the answer."""
    examples = {verbatim.asked(run.example.method, run.example.url(run.base), run.example.body) for run in RUNS}

    shown = [verbatim.what_is_asked(command) for command in verbatim.commands(document)]

    assert len(set(shown)) == lines
    assert [asked for asked in shown if asked not in examples] == []
