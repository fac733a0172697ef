"""Offices: which one is the caller's, whether it is open, and a visit to it: booked, moved, cancelled."""
