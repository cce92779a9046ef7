"""What the application that the server runs does otherwise than Django's."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from fluentcart.wsgi import Handler, match_of


@pytest.mark.parametrize(("path", "remembered"), [("/admin/x/", 1), (f"/admin/{'x' * 5000}/", 0)])
def test_no_long_path_is_remembered_after_its_request(path, remembered):
    match_of.cache_clear()
    request = RequestFactory().get(path)

    found = Handler().resolve_request(request)

    assert found.kwargs == {"url": path.removeprefix("/admin/")}
    assert request.resolver_match is found
    assert match_of.cache_info().currsize == remembered
