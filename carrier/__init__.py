"""The other side of the trunk: a second real Asterisk whose callers dial, press keys, speak and listen."""
