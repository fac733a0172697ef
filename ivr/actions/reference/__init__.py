"""What callers come for that is no trouble: where an application stands, how to connect, a technician's visit."""
