"""The WSGI application that the server runs."""

import gc
import os

from django.conf import settings
from django.core.cache import close_caches
from django.core.signals import request_finished
from django.core.wsgi import get_wsgi_application

from fluentcart.bodies import whole_bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fluentcart.settings")

application = whole_bodies(get_wsgi_application(), settings.BODY_BYTES_MAX)

# No cache of ours has anything to close after each request.
request_finished.disconnect(close_caches)

# What is there now stays until the end. The collector need not look through it again and again, and what a request
# leaves is nearly always free of cycles.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 50)
