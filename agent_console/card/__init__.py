"""The call card: who may be calling, what they may be calling about, and what the agent writes down."""
