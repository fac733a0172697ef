"""The caller's side of the trunk: a second Asterisk that dials, presses, speaks and hears."""
