"""Offices that people come to: where they are, whom they serve and when, and the visits booked there."""
