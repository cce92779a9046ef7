"""How much of everything: `make soak` sets ROUNDS and KILLS, `make test` takes the few that are written here."""

from __future__ import annotations

import os

ROUNDS = int(os.environ.get("ROUNDS", "10"))
KILLS = int(os.environ.get("KILLS", "3"))
# How long each measurement of fairness writes.
SECONDS = float(os.environ.get("SECONDS", "1.5"))
