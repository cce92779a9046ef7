"""Lists and reports from a PostgreSQL replica (DATABASE_REPLICA_URL), and everything else from the primary; ADR 10."""
