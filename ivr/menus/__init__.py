"""The menu language: load, check, walk, draw."""
