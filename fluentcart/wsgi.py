"""The WSGI application that the server runs."""

import gc
import os

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, reset_queries

from fluentcart.bodies import whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluentcart.settings")

application = whole_bodies(get_wsgi_application(), settings.BODY_BYTES_MAX)

# No cache of ours has anything to close after each request. Connections are looked after when a request ends, so
# there is nothing to do when one begins, but for DEBUG's list of queries.
request_finished.disconnect(close_caches)
request_started.disconnect(close_old_connections)
if not settings.DEBUG:
    request_started.disconnect(reset_queries)

# What is there now stays until the end. The collector need not look through it again and again, and what a request
# leaves is nearly always free of cycles.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
