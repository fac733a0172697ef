"""Targeted surveys: whom the robot may ask about a visit, what they answer, what it comes to."""
