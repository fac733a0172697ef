"""One node among several: whether it serves, and what the others are told of it."""
