"""The engines behind the port, one a file; each is imported in the worker's process alone."""
