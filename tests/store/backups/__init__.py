"""Backup and restore on both databases: what comes back, and what is refused."""
