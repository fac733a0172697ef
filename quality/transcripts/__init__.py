"""Words of recordings: the job that hears them, and how they are read."""
