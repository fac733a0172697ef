"""Sound: what a telephone hears and says, and how it is told apart."""
