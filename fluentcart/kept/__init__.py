"""What the database itself keeps beside the rows: how many there are, and indexes of their texts.

Triggers keep both, so they are right whoever writes: a service, the admin, raw SQL, COPY, a cascade, a rollback. They
are put in after every `migrate` where they are missing or of another make (`installing`), because SQLite loses them
whenever Django rebuilds a table. ADR 9 says why counts are kept this way and what was measured.
"""
