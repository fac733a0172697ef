"""Pages that nobody signs in for: outages and the two forms."""
