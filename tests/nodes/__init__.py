"""Several nodes behind a real Kamailio, on one PostgreSQL."""
