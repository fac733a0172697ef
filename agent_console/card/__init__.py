"""The call card: who may be calling, what he may be calling about, and what the agent writes down of it."""
