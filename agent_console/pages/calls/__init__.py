"""The pages of stored calls."""
