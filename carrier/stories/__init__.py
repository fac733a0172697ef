"""Stories told to a running installation by real calls."""
