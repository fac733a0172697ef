"""Listening to recordings: the sound by pieces, its marks, and the log of who, why and which seconds."""
