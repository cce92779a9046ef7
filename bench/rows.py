"""Rows that rounds change: brought into the state that an endpoint wants before, and taken away after."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

import psycopg

from bench.facts import Facts
from bench.shop import GROWING


class Rows:
    """Runs plain statements on the database of a server: PostgreSQL by its URL, SQLite by its file."""

    def __init__(self, database: str | Path) -> None:
        self.database = database

    def run(self, statements: Iterable[str]) -> None:
        """All of them, each by itself."""
        if isinstance(self.database, Path):
            with sqlite3.connect(self.database, timeout=60) as lite:
                for statement in statements:
                    lite.execute(statement)
            lite.close()
            return
        with psycopg.connect(self.database, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def remove_new(self, facts: Facts) -> None:
        """Take away the customers and orders that rounds have added."""
        newest = facts.newest
        self.run(f"DELETE FROM {table} WHERE {column} > {newest[parent]}" for table, column, parent in GROWING)
