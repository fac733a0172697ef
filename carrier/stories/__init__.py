"""Stories played on a running installation by real calls."""
