"""The pages of the dispatcher."""
