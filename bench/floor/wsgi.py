"""The application that granian runs: `bench.floor.wsgi:application`, with its settings from the environment."""

import os
import threading
from pathlib import Path

import orjson

from bench.floor.app import Floor
from bench.floor.lite import LiteFloor

application = (LiteFloor if os.environ["DATABASE_URL"].startswith("sqlite:") else Floor)(
    url=os.environ["DATABASE_URL"],
    secret=os.environ["SECRET_KEY"],
    countries=orjson.loads(Path(os.environ["FLOOR_COUNTRIES"]).read_bytes()),
    local=threading.local(),
)
