"""Text as dispatchers and clerks type it, read for its dates, hours, numbers and abbreviations."""
