"""Quality in both databases."""
