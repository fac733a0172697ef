"""The agent's side of the queue: shifts, pauses, wrap-up, and what of it is remembered."""
