"""The pages of the call card."""
