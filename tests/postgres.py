"""The test run's own PostgreSQL server: the same one that benchmarks use."""

from bench.databases.postgres import PostgresAbsent, PostgresServer, url_of

__all__ = ["PostgresAbsent", "PostgresServer", "url_of"]
