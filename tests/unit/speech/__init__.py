"""The house of hearing."""
