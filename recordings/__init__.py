"""Recordings of talks and complaints: intake, storage, catalogue."""
