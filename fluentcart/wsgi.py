"""The WSGI application that the server runs."""

import gc
import os
from functools import lru_cache
from http import HTTPStatus

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver
from django.utils.log import log_response

from fluentcart.bodies import whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluentcart.settings")
django.setup(set_prefix=False)


# The API's own paths are shorter. Anybody may send others that match something, of any length.
REMEMBERED_CHARS_MAX = 200


@lru_cache(maxsize=2048)
def match_of(path: str) -> ResolverMatch:
    """What Django's resolver makes of a path.

    Raises:
        Resolver404: it is nothing's path; that is not remembered.
    """
    return get_resolver().resolve(path)


class Handler(WSGIHandler):
    """Django's, with one URLconf for every request, ROOT_URLCONF: a path means the same whoever asks for it."""

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """As Django's; what a long path matches is not remembered."""
        path = request.path_info
        request.resolver_match = (match_of if len(path) <= REMEMBERED_CHARS_MAX else get_resolver().resolve)(path)
        return request.resolver_match

    def get_response(self, request: HttpRequest) -> HttpResponse:
        """As Django's."""
        response: HttpResponse = self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            sentence = (response.reason_phrase, request.path)
            log_response("%s: %s", *sentence, response=response, request=request)
        return response


application = whole_bodies(Handler(), settings.BODY_BYTES_MAX, settings.BODY_SECONDS_MAX)

# No cache of ours has anything to close after each request, and no thread a URLconf of its own. Connections are looked
# after when a request ends, so there is nothing to do when one begins, but for DEBUG's list of queries.
request_finished.disconnect(close_caches)
request_finished.disconnect(reset_urlconf)
request_started.disconnect(close_old_connections)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)

# What is there now stays until the end. The collector need not look through it again and again, and what a request
# leaves is nearly always free of cycles.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
