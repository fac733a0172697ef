"""The wallboard and the other live figures."""
