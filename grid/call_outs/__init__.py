"""Visits of technicians that were promised: the half-days that are free, and the seats that are taken."""
