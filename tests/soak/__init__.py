"""Races, kills and outages against real services over HTTP, on SQLite and on PostgreSQL; see docs/soak.md.

`make test` runs a few rounds of each; `make soak` runs the full counts and says what they came to.
"""
