"""Django's PostgreSQL backend, with statements noted for the request log (fluentcart/statements.py)."""
